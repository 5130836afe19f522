package lifecycle

import (
	"slices"

	"github.com/pgdr/pgdr/twin/sim"
)

// ReplicasOf returns the read replicas of a database instance, in every region.
func ReplicasOf(tx *sim.Tx, source *sim.Resource) []*sim.Resource {
	return slices.DeleteFunc(tx.List("aws_db_instance", ""), func(r *sim.Resource) bool {
		ref := r.Attrs.Str("replicate_source_db")
		own := r.Region == source.Region && ref == source.Attrs.Str("identifier")
		return ref == "" || ref != source.ARN() && !own
	})
}
