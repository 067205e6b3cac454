import { pixels } from './audit.ts'
import { askOne, resolveVariables, type Scene, stepOf } from './grafana.ts'
import { allPanels, type DashboardModel } from './grafana-model.ts'

export interface Cost {
  readonly title: string
  readonly refId: string
  /** From request to whole answer; the median of several. */
  readonly milliseconds: number
  readonly series: number
}

/**
 * What each query of a dashboard costs, those of folded sections and of annotations included. One after the other, since
 * Grafana's own requests would only wait for each other.
 * @throws if a query fails
 */
export async function costs(dashboard: DashboardModel, scene: Scene, times = 5): Promise<Cost[]> {
  const variables = await resolveVariables(dashboard, scene)
  const found: Cost[] = []
  const measure = async (title: string, target: Parameters<typeof askOne>[0], step: number) => {
    const all: number[] = []
    let series = 0
    for (let time = 0; time < times; time++) {
      const began = performance.now()
      const answer = await askOne(target, step, variables, scene)
      all.push(performance.now() - began)
      if (answer.error !== undefined) throw new Error(`${title} ${target.refId}: ${answer.error}`)
      series = answer.series.length
    }
    all.sort((a, b) => a - b)
    found.push({ title, refId: target.refId, milliseconds: all[Math.floor(times / 2)]!, series })
  }
  for (const panel of allPanels(dashboard))
    for (const target of panel.targets ?? [])
      await measure(panel.title ?? '', target, stepOf(panel, scene, pixels(panel).width))
  // Grafana asks annotations in at most as many steps as the dashboard is wide.
  const annotationStep = Math.max(60, Math.ceil((scene.range.to - scene.range.from) / 1_280 / 60) * 60)
  for (const { name, expr } of dashboard.annotations.list)
    if (expr) await measure(`Annotation: ${name}`, { refId: 'Anno', expr }, annotationStep)
  return found
}
