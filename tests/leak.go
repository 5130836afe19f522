package tests

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
)

// Leaks returns the files below the folders that hold the secret, each with
// the form in which it was found: raw, escaped for JSON or a URL, in hex or
// inside a Base64 text. Archives (plan files are such) are searched too. What
// is removed meanwhile holds nothing.
func Leaks(secret string, folders ...string) ([]string, error) {
	forms := formsOf(secret)
	var found []string
	for _, folder := range folders {
		err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) && path != folder {
				return nil
			}
			if err != nil || !entry.Type().IsRegular() {
				return err
			}
			content, err := os.ReadFile(path) //nolint:gosec // the folders are the test's own
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err != nil {
				return err
			}
			found = append(found, search(path, content, forms)...)
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("search %s: %w", folder, err)
		}
	}
	return found, nil
}

func search(name string, content []byte, forms map[string][]byte) []string {
	var found []string
	for form, text := range forms {
		if bytes.Contains(content, text) {
			found = append(found, name+" ("+form+")")
		}
	}
	archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return found // no archive
	}
	for _, file := range archive.File {
		inner, err := readAll(file)
		if err == nil {
			found = append(found, search(name+"!"+file.Name, inner, forms)...)
		}
	}
	return found
}

func readAll(file *zip.File) ([]byte, error) {
	in, err := file.Open()
	if err != nil {
		return nil, err
	}
	defer func() { _ = in.Close() }()
	var content bytes.Buffer
	_, err = content.ReadFrom(in)
	return content.Bytes(), err
}

// formsOf are the texts by which a secret may stand in a file. Base64 depends
// on what stands before: of each of the three alignments, the part that does
// not is looked for.
func formsOf(secret string) map[string][]byte {
	quoted, _ := json.Marshal(secret) // a string always encodes
	var plain bytes.Buffer
	encoder := json.NewEncoder(&plain)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(secret)
	forms := map[string][]byte{
		"raw":            []byte(secret),
		"escaped":        quoted[1 : len(quoted)-1],
		"escaped lean":   bytes.Trim(plain.Bytes(), "\"\n"),
		"url escaped":    []byte(url.QueryEscape(secret)),
		"hexadecimal":    []byte(hex.EncodeToString([]byte(secret))),
		"escaped as url": []byte(url.PathEscape(secret)),
	}
	for offset := range 3 {
		padded := append(make([]byte, offset), secret...)
		whole := len(padded) / 3 * 4
		start := (offset*8 + 5) / 6 // first character made of the secret alone
		for name, encoding := range map[string]*base64.Encoding{"base64": base64.StdEncoding, "base64 for urls": base64.URLEncoding} {
			text := encoding.EncodeToString(padded)
			forms[fmt.Sprintf("%s at offset %d", name, offset)] = []byte(text[start:whole])
		}
	}
	return forms
}
