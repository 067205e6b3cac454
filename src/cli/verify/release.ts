const RELEASE = ['cluster', 'namespace', 'job'] as const

/** @param labels of a series or an alert. @returns those that identify a release */
export const releaseOf = (labels: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(RELEASE.flatMap((name) => (labels[name] === undefined ? [] : [[name, labels[name]]])))

/** Whether labels are not those of another release. A label that relabeling removed says nothing. */
export const isOfRelease = (
  labels: Readonly<Record<string, string>>,
  release: Readonly<Record<string, string>> = {},
): boolean => Object.entries(release).every(([name, value]) => labels[name] === undefined || labels[name] === value)
