package main

import (
	"fmt"
	"slices"
	"strings"
)

// parts are what is measured, in this order.
type parts []string

const (
	partSynthesis = "synthesis"
	partProgram   = "program"
	partSecond    = "second"
	partScratch   = "scratch"
	partPlan      = "plan"
)

func allParts() parts {
	return parts{partSynthesis, partProgram, partSecond, partScratch, partPlan}
}

// String lists them as Set takes them.
func (p *parts) String() string { return strings.Join(*p, ",") }

// Set takes a list with commas.
func (p *parts) Set(list string) error {
	all := allParts()
	var chosen parts
	for _, name := range strings.Split(list, ",") {
		if !slices.Contains(all, name) {
			return fmt.Errorf("part %q is unknown; want some of %s", name, all.String())
		}
		chosen = append(chosen, name)
	}
	*p = chosen
	return nil
}

func (p *parts) has(name string) bool { return slices.Contains(*p, name) }
