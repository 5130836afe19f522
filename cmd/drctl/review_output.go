package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/pgdr/pgdr/internal/review"
)

// reviewFiles are what --into writes, by format.
var reviewFiles = map[string]string{"json": "review.json", "markdown": "review.md", "comment": "comment.md"}

// clear removes the earlier review, so that it can't pass for this one if this
// one fails.
func (f *reviewFlags) clear(cmd *cobra.Command) error {
	if f.into == "" {
		return nil
	}
	if f.output != "" || cmd.Flags().Changed("format") {
		return errors.New("--into writes every format: give it without --output and --format")
	}
	return removeEarlier(f.into, "review", reviewFiles)
}

// removeEarlier removes what an earlier run of a command wrote with --into, so that
// it is not taken for this one's where this one ends without a verdict.
func removeEarlier(folder, what string, files map[string]string) error {
	for _, name := range files {
		if err := os.Remove(filepath.Join(folder, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("--into: remove the %s before: %w", what, err)
		}
	}
	return nil
}

// write puts the review where the flags say.
func (f *reviewFlags) write(cmd *cobra.Command, r *review.Review) error {
	if f.into != "" {
		for format, name := range reviewFiles {
			if err := writeReview(r, format, filepath.Join(f.into, name)); err != nil {
				return err
			}
		}
		return nil
	}
	if f.output != "" {
		return writeReview(r, f.format, f.output)
	}
	out, err := review.Render(r, f.format)
	if err != nil {
		return fmt.Errorf("--format: %w", err)
	}
	if f.format == "text" {
		out = []byte(review.Text(r, f.paint))
	}
	if _, err = cmd.OutOrStdout().Write(out); err != nil {
		return fmt.Errorf("write the review: %w", err)
	}
	return nil
}

func writeReview(r *review.Review, format, file string) error {
	out, err := review.Render(r, format)
	if err != nil {
		return fmt.Errorf("--format: %w", err)
	}
	if err := os.WriteFile(file, out, 0o600); err != nil {
		return fmt.Errorf("write the review: %w", err)
	}
	return nil
}
