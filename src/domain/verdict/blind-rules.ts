import type { Situation } from '../cause/compare-causes.ts'
import type { Rule } from './verdict-rules.ts'

/** The finding where this receiver itself may be cut off. `outbound.reference` tells that from an endpoint that is down. */
export const UNVERIFIED = 'not verified: this receiver could not resolve or reach anything'

/** The platform's way could not be probed, and the application behind it is not known to be down either. */
const isBlind = ({ unverified, outside, inside }: Situation): boolean => unverified && !outside && inside?.up !== false

/** These come before all other rules: a probe that may itself be blind does not overrule the platform. */
export const BLIND_RULES: readonly Rule[] = [
  {
    id: 'not_verified',
    when: 'the probe reached nothing, and this receiver may be cut off',
    fits: (s) => s.report !== null && isBlind(s),
    decides: 'report',
    vantage: null,
    confidence: () => 'only_report',
    sentence: `{platformCode}; ${UNVERIFIED}`,
    brief: 'Not verified: this receiver could not resolve or reach anything.',
  },
  {
    id: 'nothing_known',
    when: 'no report, and this receiver may be cut off',
    fits: (s) => s.report === null && isBlind(s),
    decides: 'report',
    vantage: null,
    confidence: () => 'only_probe',
    sentence: `${UNVERIFIED}; the platform has not reported a failure yet`,
    brief:
      'Not verified: this receiver could not resolve or reach anything. The platform has not reported a failure yet.',
  },
]
