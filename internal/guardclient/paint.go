package guardclient

import "github.com/pgdr/pgdr/internal/cli"

// painted is a verdict in the colour of its level.
func painted(p cli.Paint, v Verdict) string {
	switch v.Level {
	case LevelOK:
		return p.Green(v.String())
	case LevelAction:
		return p.Red(v.String())
	default:
		return p.Yellow(v.String())
	}
}
