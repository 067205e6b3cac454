import type { Cause } from '../cause/cause.ts'

/** A cause in the words of a sentence that begins with "the platform saw". */
export const REPORTED: Readonly<Record<Cause, string>> = {
  dns: 'a name that does not resolve',
  connection_refused: 'no connection',
  connection_reset: 'a connection reset',
  unreachable: 'no route',
  tls: 'a TLS failure',
  timeout: 'a timeout',
  redirect: 'a redirect',
  authentication: 'rejected credentials',
  not_found: 'a path that does not exist',
  rejected: 'a rejected request',
  rate_limited: 'a rate limit',
  server_error: 'an application error',
  unavailable: 'no healthy application behind the proxy',
  protocol: 'an incomplete HTTP response',
  blocked: 'a blocked request',
  unknown: 'a failure without a reason',
}

/** Where to look when the platform fails and a probe does not, by the report's cause. */
export const UP_HINTS: Readonly<Record<Cause, string>> = {
  dns: 'check the zone’s name servers and recent changes; the platform’s resolver may have cached or received a different answer',
  connection_refused:
    'check for a restart at that time, or for one of several addresses that does not accept connections',
  connection_reset:
    'check for a restart, a load balancer’s idle timeout, or a firewall between the platform and the endpoint',
  unreachable:
    'check routes and firewalls between the platform and the endpoint, and IPv6 if the name has an AAAA record',
  tls: 'check what the platform’s client may require: an intermediate certificate, a newer root, TLS 1.2, or a server name',
  timeout: 'check for slowness under load, or for a firewall between the platform and the endpoint',
  redirect: 'register the final URL with the platform; the redirect may depend on host name, method or client',
  authentication: 'compare the token that the platform sends with the one that the handler accepts',
  not_found: 'compare the registered URL with the application’s route for POST, character by character',
  rejected: 'check the application’s log for what it rejected in the body',
  rate_limited: 'check the limits in front of the application, and exempt the platform',
  server_error: 'check the application’s log for the exception at that time',
  unavailable: 'check for a restart or failed health checks of the application at that time',
  protocol: 'check for crashes and timeouts that truncate a response, and for a proxy in between',
  blocked: 'check the firewall’s log, and allow the platform’s addresses',
  unknown: 'check the logs of the application and the proxy at that time',
}
