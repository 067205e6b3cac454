import { isDown, isRelatedCause, isSameCause, viewOf } from '../cause/compare-causes.ts'
import type { Rule } from './verdict-rules.ts'

/**
 * These take precedence: while the platform has disabled the endpoint, no delivery arrives, even if a probe succeeds,
 * and a good probe does not mean that the failure is over.
 */
export const DISABLED_RULES: readonly Rule[] = [
  {
    id: 'disabled_down',
    when: 'the platform has disabled the endpoint, and the probe fails',
    fits: (s) => s.disabled && isDown(viewOf(s)),
    decides: 'probe',
    confidence: (s) => (s.report === null ? 'only_probe' : isSameCause(s) || isRelatedCause(s) ? 'agree' : 'differ'),
    sentence:
      'the platform has disabled the endpoint, and it still fails: {probe}. Fix this first, then re-enable it on the platform',
    brief: 'The platform has disabled the endpoint: fix this first, then re-enable it there.',
  },
  {
    id: 'disabled',
    when: 'the platform has disabled the endpoint, and no probe fails',
    fits: (s) => s.disabled,
    decides: 'report',
    confidence: () => 'only_report',
    remedy: 'disabled',
    sentence:
      'the platform has disabled the endpoint: nothing arrives until it is re-enabled there ({probed}). A good probe does not change that',
    brief: 'A good probe does not change that: re-enable it on the platform.',
    unprovable: true,
  },
]
