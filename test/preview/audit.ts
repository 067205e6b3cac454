import { ask, type Mark, marks, resolveVariables, type Scene, type Variables } from './grafana.ts'
import type { DashboardModel, PanelModel } from './grafana-model.ts'
import type { Answer } from './grafana-tables.ts'

export const WIDTH = 1_280
const GAP = 8

/** Pixels of a panel on a page of 1,280, as Grafana's grid of 24 columns has them. */
export const pixels = ({ gridPos: { x, y, w, h } }: PanelModel) => {
  const column = (WIDTH - 2 * 16 + GAP) / 24
  return {
    left: Math.round(16 + x * column),
    top: y * (30 + GAP),
    width: Math.round(w * column - GAP),
    height: h * 30 + (h - 1) * GAP,
  }
}

export interface Asked {
  readonly dashboard: DashboardModel
  readonly variables: Variables
  readonly marks: readonly Mark[]
  readonly panels: readonly { readonly panel: PanelModel; readonly answers: readonly Answer[] }[]
}

/** Everything that a dashboard shows, asked as Grafana would. */
export async function askAll(dashboard: DashboardModel, scene: Scene): Promise<Asked> {
  const variables = await resolveVariables(dashboard, scene)
  const panels: { panel: PanelModel; answers: Answer[] }[] = []
  // One panel after the other: Prometheus answers no faster otherwise.
  for (const panel of dashboard.panels)
    panels.push({ panel, answers: await ask(panel, variables, scene, pixels(panel).width) })
  return { dashboard, variables, marks: await marks(dashboard, variables, scene), panels }
}

/** Whether there is anything to draw: a sample that is not NaN. */
const hasData = ({ series }: Answer): boolean =>
  series.some(({ values }) => values.some(([, value]) => value !== null && !Number.isNaN(value)))

/** A line for each query that failed or found nothing, and what each legend would show. */
export function findings({ panels }: Asked): { failed: string[]; empty: string[]; legends: string[] } {
  const failed: string[] = []
  const empty: string[] = []
  const legends: string[] = []
  for (const { panel, answers } of panels) {
    for (const answer of answers) {
      const place = `“${panel.title}” ${answer.refId}`
      if (answer.error !== undefined) failed.push(`${place}: ${answer.error}\n      ${answer.expr}`)
      else if (!hasData(answer)) empty.push(place)
    }
    const names = answers.flatMap(({ series }) => series.map(({ name }) => name))
    if (panel.type !== 'table' && names.length > 0) legends.push(`“${panel.title}”: ${[...new Set(names)].join(', ')}`)
  }
  return { failed, empty, legends }
}
