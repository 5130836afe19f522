package local

import "time"

// grace is how long a command may take to stop by itself: Terraform saves its
// state when it is interrupted, and loses it when it is killed.
const grace = 2 * time.Minute
