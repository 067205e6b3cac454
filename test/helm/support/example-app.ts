import { rmSync } from 'node:fs'
import { installedExampleApp } from '../../../helm/tools/example-app.ts'
import { type HelmMajor, requireHelm, tool } from './helm.ts'

/** The example application's chart with the sidecar's chart installed in it, for one suite. */
export interface ExampleApp {
  /** Its folder. */
  readonly folder: string
  /** Renders it, or the chart in another folder. */
  template(major: HelmMajor, args: readonly string[], folder?: string): ReturnType<typeof tool>
}

/** Belongs directly in a `describe`: it registers the suite's hooks. */
export function useExampleApp(): ExampleApp {
  let app: string
  before(async function () {
    await requireHelm(this)
    app = installedExampleApp()
  })
  after(() => {
    if (app) rmSync(app, { recursive: true, force: true })
  })
  return {
    get folder() {
      return app
    },
    template: (major, args, folder = app) =>
      tool(major, 'helm', ['template', 'demo', folder, '--namespace', 'shop', ...args]),
  }
}
