package fastsynth

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
)

//go:embed node
var assets embed.FS

// assetsHash names the version of the preload, and so of the cache's format.
func assetsHash() string {
	hash := sha256.New()
	_ = fs.WalkDir(assets, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := assets.ReadFile(path)
		hash.Write([]byte(path))
		hash.Write(content)
		return err
	})
	return hex.EncodeToString(hash.Sum(nil))[:16]
}
