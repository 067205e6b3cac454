import { join } from 'node:path'
import { expect } from 'chai'
import { render, requireHelm, the } from './support/helm.ts'

const example = (name: string) => join(import.meta.dirname, '../../examples', name, 'values.yaml')

describe('the chart with the examples for senders', () => {
  before(async function () {
    await requireHelm(this)
  })

  it('mounts the Secret of a source as its secretsDir, and lets in its exact path', async () => {
    const { objects } = await render('4', ['--values', example('svix')])
    const { rules } = the(objects, 'Ingress')['spec'] as {
      rules: { http: { paths: { path: string; pathType: string }[] } }[]
    }
    expect(rules.flatMap(({ http }) => http.paths).map(({ path, pathType }) => [path, pathType])).to.deep.equal([
      ['/webhooks/error', 'Exact'],
      ['/webhooks/svix', 'Exact'],
    ])
    const text = JSON.stringify(objects)
    expect(text).to.include('svix-signing').and.include('secretsDir: /etc/webhook-error-exporter/sources/svix')
  })

  it('publishes no path of a source without authentication', async () => {
    const args = ['--set', 'ingress.enabled=true', '--set', 'ingress.hosts={errors.example.com}']
    const { objects } = await render('4', ['--values', example('knative'), ...args])
    const ingress = JSON.stringify(the(objects, 'Ingress'))
    expect(ingress).to.include('/webhooks/error').and.not.include('knative')
  })
})
