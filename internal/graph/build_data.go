package graph

import "slices"

// encrypted are the arguments in which resources name their key.
var encrypted = map[string]string{
	"aws_db_instance":    "kms_key_id",
	"aws_sns_topic":      "kms_master_key_id",
	"aws_dynamodb_table": "server_side_encryption",
}

func (b *builder) addKeys() {
	b.each("aws_kms_key", func(r *resource) {
		n := b.add(KindKey, r, b.alias(r))
		if r.text("multi_region") == "true" {
			n.Role = RolePrimary
		}
	})
	b.each("aws_kms_replica_key", func(r *resource) {
		b.add(KindKey, r, b.alias(r)).Role = RoleReplica
	})
	for _, r := range b.secretModules() {
		b.add(KindSecret, r, r.text("name")).Role = RolePrimary
		if region := r.text("replica_region"); region != "" {
			b.put(Node{ID: secretIn(r, region), Kind: KindSecret, Name: r.text("name"), Role: RoleReplica, Region: region})
		}
	}
}

// alias is the name of a key, which has none of its own.
func (b *builder) alias(key *resource) string {
	name := key.name
	b.each("aws_kms_alias", func(r *resource) {
		if b.refersTo(r, "target_key_id", key) {
			name = r.text("name")
		}
	})
	return name
}

// secretModules are the calls of a module of which something uses the output
// secret_arn: the credentials' resources themselves are inside it.
func (b *builder) secretModules() []*resource {
	var found []*resource
	for _, s := range b.stacks {
		for _, value := range s.outputs {
			for _, ref := range b.refs(s, value) {
				if ref.resource.kind == "module" && ref.attr == "secret_arn" && !slices.Contains(found, ref.resource) {
					found = append(found, ref.resource)
				}
			}
		}
	}
	sortResources(found)
	return found
}

// secretIn is the ID of a secret's copy.
func secretIn(module *resource, region string) string { return module.id() + "@" + region }

func (b *builder) linkKeys() {
	b.each("aws_kms_replica_key", func(r *resource) {
		for _, source := range b.ids(r, "primary_key_arn") {
			b.link(source, r.id(), Replicates)
		}
	})
	for kind, argument := range encrypted {
		b.each(kind, func(r *resource) {
			for _, key := range b.ids(r, argument) {
				b.link(key, r.id(), Encrypts)
			}
		})
	}
	for _, r := range b.secretModules() {
		copied := secretIn(r, r.text("replica_region"))
		b.link(r.id(), copied, Replicates)
		for _, key := range b.ids(r, "kms_key_id") {
			b.link(key, r.id(), Encrypts)
		}
		for _, key := range b.ids(r, "replica_kms_key_id") {
			b.link(key, copied, Encrypts)
		}
	}
}
