package fastsynth

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"time"
)

// CacheDirVariable is the environment variable that moves the cache.
const CacheDirVariable = "PGDR_CACHE_DIR"

// cacheLife is how long an entry is kept after its last use. Use is noted
// once a day.
const cacheLife = 30 * 24 * time.Hour

// cacheDir makes the folder of this version's cache and removes entries that
// no one has used for long. It returns "" where there can be none: synthesis
// then reads the full description each time.
func cacheDir(wanted string, say func(any)) string {
	root, err := cacheRoot(wanted)
	if err != nil {
		say(fmt.Errorf("nothing is kept for the next run (set %s): %w", CacheDirVariable, err))
		return ""
	}
	base := filepath.Join(root, "fastsynth")
	prune(base, time.Now().Add(-cacheLife))
	dir := filepath.Join(base, assetsHash())
	if err := os.MkdirAll(dir, 0o700); err != nil {
		say(fmt.Errorf("nothing is kept for the next run (set %s): %w", CacheDirVariable, err))
		return ""
	}
	return dir
}

func cacheRoot(wanted string) (string, error) {
	if wanted == "" {
		wanted = os.Getenv(CacheDirVariable)
	}
	if wanted != "" {
		root, err := filepath.Abs(wanted)
		if err != nil {
			return "", fmt.Errorf("find the cache folder %q: %w", wanted, err)
		}
		return root, nil
	}
	user, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find the user's cache folder: %w", err)
	}
	return filepath.Join(user, "pgdr"), nil
}

// prune removes files of dir that were last used before the cutoff, and
// folders that are empty. A file that cannot be removed now is left for
// another time.
func prune(dir string, cutoff time.Time) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return // there is no cache yet
	}
	defer func() { _ = root.Close() }()
	_ = fs.WalkDir(root.FS(), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return nil //nolint:nilerr // nothing to prune there
		}
		// Removing a folder fails unless it is empty.
		if info, err := entry.Info(); err == nil && info.ModTime().Before(cutoff) {
			_ = root.Remove(name)
			_ = root.Remove(path.Dir(name))
		}
		return nil
	})
}
