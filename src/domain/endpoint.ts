export function configurationFaults(_endpoints: readonly unknown[], _series: unknown): string[] {
  return []
}
