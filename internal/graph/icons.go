package graph

// icons are drawn in a box of 24 by 24, in lines of the icon's colour.
var icons = map[string]string{
	"database": `<path d="M4 5.5C4 3.6 7.6 2 12 2s8 1.6 8 3.5-3.6 3.5-8 3.5-8-1.6-8-3.5zM4 5.5v13C4 20.4 7.6 22 12 22s8-1.6 8-3.5v-13M4 12c0 1.9 3.6 3.5 8 3.5s8-1.6 8-3.5"/>`,
	"guard":    `<path d="M12 2l8 3v6c0 5.2-3.4 8.8-8 11-4.6-2.2-8-5.8-8-11V5z"/><path d="M8.5 12l2.5 2.5 4.5-5"/>`,
	"clock":    `<circle cx="12" cy="12" r="9"/><path d="M12 7v5l3.5 2"/>`,
	"alarm":    `<path d="M6 17V11a6 6 0 0 1 12 0v6l2 2H4zM10 22h4"/>`,
	"topic":    `<path d="M3 10v4l3 .6L8 20h3l-1-4.8L19 18V6L6 9.4z"/>`,
	"ledger":   `<path d="M5 3h14v18H5zM9 8h6M9 12h6M9 16h4"/>`,
	"key":      `<circle cx="8" cy="12" r="4.5"/><path d="M12.5 12H22v4M18 12v3"/>`,
	"lock":     `<path d="M5 11h14v10H5zM8 11V7a4 4 0 0 1 8 0v4M12 15v2.5"/>`,
	"record":   `<path d="M4 6h11l5 6-5 6H4zM8 12h.1"/>`,
	"health":   `<path d="M2 12h5l2.5-6 4 12 2.5-6H22"/>`,
	"clients":  `<path d="M3 4h18v13H3zM8 21h8M12 17v4"/>`,
	"globe":    `<circle cx="12" cy="12" r="9"/><path d="M3 12h18M12 3c3 2.6 3 15.4 0 18M12 3c-3 2.6-3 15.4 0 18"/>`,
	"gateway":  `<path d="M4 8h14M14 4l4 4-4 4M20 16H6M10 12l-4 4 4 4"/>`,
}
