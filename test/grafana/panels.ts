import { allPanels, DASHBOARD_FILES, type PanelModel, readDashboard } from '../preview/grafana-model.ts'

export const all = DASHBOARD_FILES.map((name) => ({ name, dashboard: readDashboard(name) }))
export const panels = all.flatMap(({ name, dashboard }) =>
  allPanels(dashboard).map((panel) => ({ name, dashboard, panel })),
)
export const visible = panels.filter(({ panel }) => panel.type !== 'row')
export const queries = visible.flatMap(({ name, panel }) =>
  (panel.targets ?? []).map((target) => ({ name, panel, target })),
)
export const title = ({ name, panel }: { name: string; panel: PanelModel }) => `${name}: ${panel.title}`
