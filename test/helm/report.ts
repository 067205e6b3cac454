import { CASES, HELM_MAJORS, rendering, tool } from './support/helm.ts'

/** `node test/helm/report.ts`: what each ci file becomes on both majors of Helm, as a table. */
for (const major of HELM_MAJORS) {
  const { stdout } = await tool(major, 'helm', ['version', '--short'])
  console.log(`Helm ${major}: ${stdout.trim()}`)
}
console.log('\n| ci file | Helm 3 | Helm 4 | same | kinds |\n| --- | --- | --- | --- | --- |')
for (const name of CASES) {
  const [three, four] = await Promise.all([rendering('3', name), rendering('4', name)])
  const kinds = new Map<string, number>()
  for (const { kind } of four.objects) kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
  const shown = [...kinds].map(([kind, count]) => (count > 1 ? `${count} ${kind}` : kind)).join(', ')
  const same = three.text === four.text ? 'yes' : 'NO'
  console.log(`| ${name} | ${three.objects.length} | ${four.objects.length} | ${same} | ${shown} |`)
}
