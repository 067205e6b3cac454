import { onPath } from '../../helm/tools/on-path.ts'

/** Names of the program, Debian's package, and where else it comes from. */
const PROGRAMS = {
  prometheus: {
    names: ['prometheus'],
    package: 'prometheus',
    page: 'https://prometheus.io/download/#prometheus',
    without: 'there are no alerts, only the pages of the service',
  },
  alertmanager: {
    names: ['alertmanager', 'prometheus-alertmanager'],
    package: 'prometheus-alertmanager',
    page: 'https://prometheus.io/download/#alertmanager',
    without: 'there are no notifications',
  },
} as const

/** Path of the program; undefined where PATH has none. */
export const findProgram = (name: keyof typeof PROGRAMS): string | undefined =>
  PROGRAMS[name].names.flatMap((each) => onPath(each))[0]

/** What it means that a program is not there, and how to install it. */
export function missingText(name: keyof typeof PROGRAMS): string {
  const { package: debian, page, without } = PROGRAMS[name]
  return `${name} is not on PATH, so ${without}; install it with "apt-get install ${debian}" (Debian, Ubuntu), or put the one from ${page} on PATH`
}
