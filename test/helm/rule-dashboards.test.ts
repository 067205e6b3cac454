import { expect } from 'chai'
import { render, requireHelm, withValues } from './support/helm.ts'
import { RUNBOOKS } from './support/rules.ts'

describe('the rules', function () {
  this.timeout(60_000)
  before(async function () {
    await requireHelm(this)
  })

  it('have dashboards beside them that link to your runbooks and your API', async () => {
    const values = {
      dashboards: { enabled: true },
      config: { admin: { externalUrl: 'https://ops.corp/"w' } },
      rules: { runbookUrl: 'https://rb.corp/x/' },
    }
    const { objects } = await withValues(values, (args) => render('4', args))
    const maps = objects.filter((it) => it.kind === 'ConfigMap' && it.metadata.name.includes('-dashboard-'))
    expect(maps).to.have.length(3)
    for (const map of maps) {
      for (const text of Object.values((map as unknown as { data: Record<string, string> }).data)) {
        const dashboard = JSON.stringify(JSON.parse(text))
        expect(dashboard).not.to.include('webhook-error-exporter.example.com').and.not.to.include(RUNBOOKS)
        expect(dashboard).to.include('https://rb.corp/x/')
      }
    }
  })

  it('have dashboards whose names two releases can have in one namespace', async () => {
    const names = async (namespace: string) => {
      const { objects } = await withValues({ dashboards: { enabled: true, namespace: 'grafana' } }, (args) =>
        render('4', [...args, '--namespace', namespace]),
      )
      const maps = objects.filter((it) => it.kind === 'ConfigMap' && it.metadata.namespace === 'grafana')
      expect(maps).to.have.length(3)
      // Grafana's sidecar writes all files into one folder.
      return maps.flatMap((map) => [map.metadata.name, ...Object.keys(map['data'])])
    }
    const both = [...(await names('blue')), ...(await names('green'))]
    expect(new Set(both).size).to.equal(12)
    expect(both[0]).to.match(/^blue-demo-webhook-error-exporter-dashboard-/)
  })

  it('have dashboards without links to the API where its address is not set', async () => {
    const values = { dashboards: { enabled: true }, rules: { runbookUrl: RUNBOOKS } }
    const { objects } = await withValues(values, (args) => render('4', args))
    const texts = objects
      .filter((it) => it.kind === 'ConfigMap' && it.metadata.name.includes('-dashboard-'))
      .flatMap((map) => Object.values((map as unknown as { data: Record<string, string> }).data))
    expect(texts).to.have.length(3)
    for (const text of texts) {
      const { uid, panels } = JSON.parse(text)
      expect(uid).to.match(/^webhook-/)
      expect(panels).to.not.deep.equal([])
      expect(text).to.not.include('/api/v1/')
    }
  })
})
