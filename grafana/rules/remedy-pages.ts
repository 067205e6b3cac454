import { remedies } from './remedies.ts'
import { MADE, steps } from './runbooks.ts'

/** @returns docs/remedies/ID.md, by id */
export const renderRemedies = (): ReadonlyMap<string, string> =>
  new Map(
    remedies.map(({ id, meaning, checks, fixes, verify }) => {
      const texts = [meaning, ...checks, ...fixes, verify].join('\n')
      const variables = ['HOST=shop.example', 'PORT=443', 'URL=https://shop.example/hooks/orders'].filter(
        (definition) => texts.includes(`$${definition.split('=')[0]}`),
      )
      return [
        id,
        `${MADE}
# ${id}

${meaning}

The alert and the incident show these texts with the endpoint's values filled in.

## Check

${steps(checks)}

## Fix

${steps(fixes)}

## Verify

${verify}
${variables.length > 0 ? `\n## Set-up\n\nTo run the commands from this page, set the endpoint's own values:\n\n\`\`\`sh\n${variables.join(' ')}\n\`\`\`\n` : ''}
## See also

[WebhookEndpointFailing](../runbooks/WebhookEndpointFailing.md) · [all causes](../remedies.md)
`,
      ]
    }),
  )
