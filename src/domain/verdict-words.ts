import type { Cause } from './cause.ts'

/** A cause in the words of a sentence that begins with "the platform saw". */
export const REPORTED: Readonly<Record<Cause, string>> = {
  dns: 'a name that does not resolve',
  connection_refused: 'no connection',
  connection_reset: 'a connection that was reset',
  unreachable: 'no route',
  tls: 'a TLS failure',
  timeout: 'a timeout',
  redirect: 'a redirect',
  authentication: 'its credentials refused',
  not_found: 'a path that is not there',
  rejected: 'its request rejected',
  rate_limited: 'a rate limit',
  server_error: 'an error of the application',
  unavailable: 'no healthy application behind the proxy',
  protocol: 'an answer that is not whole HTTP',
  blocked: 'the request blocked',
  unknown: 'a failure without a reason',
}

/** Where to look when the platform fails and a probe does not, by the report's cause. */
export const UP_HINTS: Readonly<Record<Cause, string>> = {
  dns: 'look at the zone’s name servers and recent changes; the platform’s resolver may hold or get another answer',
  connection_refused:
    'look for a restart at that time, and for one of several addresses that does not accept connections',
  connection_reset: 'look for a restart, a load balancer’s idle time-out, or a firewall between the platform and you',
  unreachable: 'look at routes and firewalls between the platform and you, and at IPv6 if the name has such an address',
  tls: 'look at what the platform’s client may lack: an intermediate certificate, a newer root, TLS 1.2, or a server name',
  timeout: 'look at slowness under load, or at a firewall between the platform and you',
  redirect: 'register the final URL with the platform; a redirect may depend on host name, method or client',
  authentication: 'compare the token that the platform holds with the one that the handler accepts',
  not_found: 'compare the registered URL with the application’s route for POST, character by character',
  rejected: 'look at the application’s log for what it refused in the body',
  rate_limited: 'look at limits in front of the application, and exempt the platform',
  server_error: 'look at the application’s log for the exception at that time',
  unavailable: 'look for a restart or failed health checks of the application at that time',
  protocol: 'look for crashes and time-outs that cut an answer short, and for a proxy in between',
  blocked: 'look at the firewall’s log, and allow the platform’s addresses',
  unknown: 'look at the application’s and the proxy’s log at that time',
}
