package pdf

import (
	"fmt"
	"strconv"
	"strings"
)

// node is an element of the document's logical structure, which readers for the blind follow and searches use.
type node struct {
	role string // a standard structure type: H1, P, Table, …
	kids []kid
	alt  string // what a figure shows
	text string // what is written, where glyphs stand in visual order
	attr string // an attribute dictionary

	id     int
	parent *node
}

// kid is a child: another node, or marked content of a page.
type kid struct {
	node *node
	page *page
	mark int
}

// add makes a node below n.
func (n *node) add(role string) *node {
	k := &node{role: role, parent: n}
	n.kids = append(n.kids, kid{node: k})
	return k
}

// says notes what is written in a node, if reading its glyphs from left to right would not give it.
func (n *node) says(text string) {
	for i, level := range bidiLevels([]rune(text), 0) {
		if level > 0 && i < maxRunes {
			n.text = text
			return
		}
	}
}

// writeStructure writes the tree and returns its root's number.
func (d *Doc) writeStructure(f *file) int {
	root, parents := f.reserve(), f.reserve()
	number(f, d.root)
	writeNode(f, d.root, root)
	f.pack(root, fmt.Sprintf("<</Type/StructTreeRoot/K %s/ParentTree %s/ParentTreeNextKey %d>>", ref(d.root.id), ref(parents), len(d.pages)))
	var nums strings.Builder
	for _, p := range d.pages {
		fmt.Fprintf(&nums, "%d[", p.index)
		for _, n := range p.owners {
			nums.WriteString(ref(n.id) + " ")
		}
		nums.WriteString("]")
	}
	f.pack(parents, "<</Nums["+nums.String()+"]>>")
	return root
}

func number(f *file, n *node) {
	n.id = f.reserve()
	for _, k := range n.kids {
		if k.node != nil {
			number(f, k.node)
		}
	}
}

func writeNode(f *file, n *node, parent int) {
	var b strings.Builder
	fmt.Fprintf(&b, "<</Type/StructElem/S/%s/P %s", n.role, ref(parent))
	if n.alt != "" {
		b.WriteString("/Alt" + textString(n.alt))
	}
	if n.text != "" {
		b.WriteString("/ActualText" + textString(n.text))
	}
	if n.attr != "" {
		b.WriteString("/A" + n.attr)
	}
	var own *page // the page of the content, said once
	for _, k := range n.kids {
		if k.page != nil {
			own = k.page
			b.WriteString("/Pg " + ref(own.id))
			break
		}
	}
	b.WriteString("/K[")
	for _, k := range n.kids {
		switch {
		case k.node != nil:
			b.WriteString(ref(k.node.id))
		case k.page == own:
			b.WriteString(strconv.Itoa(k.mark))
		default:
			fmt.Fprintf(&b, "<</Type/MCR/Pg %s/MCID %d>>", ref(k.page.id), k.mark)
		}
		b.WriteByte(' ')
	}
	b.WriteString("]>>")
	f.pack(n.id, b.String())
	for _, k := range n.kids {
		if k.node != nil {
			writeNode(f, k.node, n.id)
		}
	}
}
