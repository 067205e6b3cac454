import type { RemedyTexts } from './remedy.ts'

/** Causes named by the response, and the unknown one. */
export const RESPONSE_REMEDIES = {
  redirect: {
    meaning: 'The URL answers with a redirect, which webhook senders do not follow.',
    checks: [
      "See where it leads: `curl --silent --head --max-time 10 '{url}'`",
      'Look for a forced https redirect, a missing or extra slash, a www host, or a login page in front',
    ],
    fixes: ['Register the final URL with the platform, or exempt the path from the redirect'],
    verify: "`curl --silent --head --max-time 10 '{url}'` shows no Location header, and the probe is up.",
  },
  authentication: {
    meaning: 'The endpoint rejected the platform’s credentials or signature.',
    checks: [
      'Find out whether the token or secret was changed on one side only',
      'Compare the authentication scheme with what the platform sends, for example Authorization: Bearer',
      'Look for a proxy or gateway that strips the Authorization header or requires its own',
    ],
    fixes: ['Configure the same token on both sides. During a rotation, accept both the old and the new one'],
    verify: 'The next delivery is accepted. A probe sends no credentials and cannot confirm it.',
  },
  not_found: {
    meaning: 'The server answered, but nothing exists at that path.',
    checks: [
      'Compare the registered URL {url} with the application’s routes, character by character',
      'Check whether a deployment moved the route, or an ingress rewrites the path',
      'Check that the route accepts POST',
    ],
    fixes: ['Restore the route, or register the correct URL with the platform'],
    verify: 'The application answers a POST to the path. A probe does not send one and cannot confirm it.',
  },
  rejected: {
    meaning: 'The application rejected the request as invalid (code {code}).',
    checks: [
      'Find the validation error in the application’s log at that time',
      'Compare the body that the platform sends with the schema that the handler expects: a field may be new or null',
      'Code 413: find what limits the size of a body, the application or a proxy in front (nginx: `client_max_body_size`), and compare it with the largest delivery',
      'Check whether a proxy in front rejects the Content-Type or the method',
    ],
    fixes: ['Accept what the platform sends: store what you cannot process, answer 2xx, and look at it later'],
    verify: 'Resending the stored body of a rejected delivery succeeds.',
  },
  rate_limited: {
    meaning: 'The application, or a gateway in front of it, rate-limited the platform.',
    checks: [
      'Find out what answers 429: the response headers identify the gateway, the CDN or the application',
      'Compare the limit with the platform’s bursts',
    ],
    fixes: ['Exempt the platform from the limit or raise it, and absorb bursts with a queue'],
    verify: 'The access log shows no 429 during the next burst.',
  },
  server_error: {
    meaning: 'The application failed while handling the delivery (code {code}).',
    checks: [
      'Read the application’s log and error tracker for the time of the failure',
      'Look for a deployment or migration shortly before the first failure',
      'Check the health of its database and other dependencies at that time',
    ],
    fixes: ['Roll back, or fix the exception. Acknowledge the delivery before work that can fail'],
    verify: 'Resending the stored body of a failed delivery succeeds without an error.',
  },
  unavailable: {
    meaning: 'A proxy in front had no healthy application to forward the delivery to (code {code}).',
    checks: [
      'Kubernetes: `kubectl get pods,endpointslices --all-namespaces`. Check readiness and restarts',
      'Check the load balancer’s target health and the path of its health check',
      'Look for a rollout without surge, or a scale-down, at that time',
    ],
    fixes: ['Restore healthy replicas. Configure rollouts with surge and graceful shutdown'],
    verify: 'The probe is up, and the load balancer reports at least two healthy targets.',
  },
  protocol: {
    meaning: 'The response was not a complete HTTP response.',
    checks: [
      'Make sure that scheme and port match: https on a TLS port, http on a plain one',
      'Look for crashes of the handler that truncate a response',
      'Check whether a proxy in between uses another protocol (HTTP/2 or PROXY protocol) than the application expects',
    ],
    fixes: ['Correct the scheme or port of the registered URL, or the protocol between proxy and application'],
    verify: "`curl --verbose --head --max-time 10 '{url}'` gets a complete response, and the probe is up.",
  },
  blocked: {
    meaning: 'A firewall, a challenge page, or the platform’s own rules blocked the request.',
    checks: [
      'Search the log of the web application firewall or CDN for the platform’s requests',
      'Check whether the platform refuses to call the registered URL: a private or local address, or an unusual port',
    ],
    fixes: ['Allow the platform’s addresses for this path and disable challenges on it', 'Register a public URL'],
    verify: 'The firewall’s log shows that the platform’s next request was allowed.',
  },
  unknown: {
    meaning: 'Neither the code nor the message explains the failure.',
    checks: [
      'Find out whether the request arrived: access logs of proxy and application at the time of the failure',
      'Look for a change shortly before the first failure: deployment, DNS, certificate, firewall',
      'Ask the platform for its delivery log, with the time and the code {code}',
    ],
    fixes: ['Follow what the logs show. Map the code in the source’s `codes`, so that its cause is known next time'],
    verify: 'There is no report for the whole quiet time, and probes are good.',
  },
  disabled: {
    meaning: 'The platform has disabled {endpoint}. Nothing arrives until it is re-enabled there.',
    checks: [
      'See in the platform’s settings when and why the endpoint was disabled',
      'Make sure that the endpoint works again: the incident shows the latest probe. If it still fails, the platform will disable it again',
      'Ask who disabled it, if it was a person',
    ],
    fixes: [
      'Fix what made deliveries fail, then re-enable the endpoint on the platform',
      'If it stays disabled on purpose, close the incident manually',
    ],
    verify:
      'The platform says that the endpoint is enabled, and its next delivery arrives. Deliveries from the meantime stay lost until you recover them.',
  },
} as const satisfies RemedyTexts
