package graph

import "slices"

// addNames adds the DNS: zone, records, what takes a record out, and the
// clients, who ask for the records' name.
func (b *builder) addNames() {
	b.each("aws_route53_zone", func(r *resource) {
		b.add(KindZone, r, r.text("name")).Region = ""
	})
	b.each("aws_route53_health_check", func(r *resource) {
		b.add(KindHealthCheck, r, r.text("tags", "Name")).Region = ""
	})
	b.each("aws_route53_record", func(r *resource) {
		n := b.add(KindRecord, r, r.text("name"))
		n.Region, n.Parent = "", b.parent(r, "zone_id")
		n.Record = &Record{
			SetIdentifier: r.text("set_identifier"),
			Weight:        r.text("weighted_routing_policy", "weight"),
			TTL:           r.text("ttl"),
		}
		for _, db := range b.ids(r, "records") {
			if db := b.node(db); db != nil {
				b.node(r.id()).Role = db.Role
			}
		}
		name := r.text("name")
		b.put(Node{ID: "clients/" + name, Kind: KindClients, Name: name})
	})
}

func (b *builder) linkNames() {
	b.each("aws_route53_record", func(r *resource) {
		for _, db := range b.ids(r, "records") {
			b.link(r.id(), db, Answers)
		}
		for _, check := range b.ids(r, "health_check_id") {
			b.link(check, r.id(), TakesOut)
		}
		b.link("clients/"+r.text("name"), b.parent(r, "zone_id"), Asks)
	})
	b.each("aws_route53_zone", func(r *resource) {
		for _, vpc := range b.ids(r, "vpc") {
			b.link(r.id(), vpc, Associated)
		}
	})
	b.each("aws_route53_zone_association", func(r *resource) {
		for _, zone := range b.ids(r, "zone_id") {
			for _, vpc := range b.ids(r, "vpc_id") {
				b.link(zone, vpc, Associated)
			}
		}
	})
	b.each("aws_route53_health_check", func(r *resource) {
		for _, alarm := range b.ids(r, "cloudwatch_alarm_name") {
			b.link(alarm, r.id(), Follows)
		}
	})
}

// addMonitoring adds alarms and topics, and a topic's e-mail subscribers as
// one node: addresses are private.
func (b *builder) addMonitoring() {
	b.each("aws_cloudwatch_metric_alarm", func(r *resource) {
		b.add(KindAlarm, r, r.text("alarm_name")).Metric = &Metric{
			Namespace: r.text("namespace"),
			Name:      r.text("metric_name"),
		}
	})
	b.each("aws_sns_topic", func(r *resource) {
		b.add(KindTopic, r, r.text("name"))
	})
	addresses := map[string]bool{}
	b.each("aws_sns_topic_subscription", func(r *resource) {
		if r.text("protocol") != "email" {
			return
		}
		addresses[r.text("endpoint")] = true
		b.put(Node{ID: "humans", Kind: KindHumans, Name: "humans"})
		b.node("humans").Count = len(addresses)
	})
}

func (b *builder) linkMonitoring() {
	b.each("aws_cloudwatch_metric_alarm", func(r *resource) {
		for _, topic := range b.ids(r, "alarm_actions") {
			b.link(r.id(), topic, Notifies)
		}
		for _, source := range b.ids(r, "dimensions") {
			b.link(source, r.id(), Measures)
		}
	})
	b.each("aws_db_event_subscription", func(r *resource) {
		for _, db := range b.ids(r, "source_ids") {
			for _, topic := range b.ids(r, "sns_topic") {
				b.link(db, topic, Reports)
			}
		}
	})
	b.each("aws_sns_topic_subscription", func(r *resource) {
		for _, topic := range b.ids(r, "topic_arn") {
			switch r.text("protocol") {
			case "email":
				b.link(topic, "humans", Tells)
			case "lambda":
				b.linkWaker(r, topic)
			}
		}
	})
}

// linkWaker links a topic or schedule to the function it calls, if the
// function admits it: without the permission the call is refused.
func (b *builder) linkWaker(r *resource, waker string) {
	argument := "endpoint"
	if r.kind == "aws_cloudwatch_event_target" {
		argument = "arn"
	}
	for _, function := range b.targets(r, argument) {
		b.each("aws_lambda_permission", func(p *resource) {
			if b.refersTo(p, "function_name", function) && slices.Contains(b.ids(p, "source_arn"), waker) {
				b.link(waker, function.id(), Wakes)
			}
		})
	}
}
