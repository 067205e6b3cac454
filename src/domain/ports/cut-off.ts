/** What shows that this host itself is cut off: it has no route, or no resolver answers. */
export type CutOff = 'no_route' | 'no_resolver'
