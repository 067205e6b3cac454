import { existsSync, statfsSync } from 'node:fs'
import { dirname } from 'node:path'

/** statfs(2) types of network file systems on Linux, on which SQLite's locks and shared memory do not hold. */
const NETWORK: Readonly<Record<number, string>> = {
  26985: 'NFS',
  20859: 'SMB',
  4283649346: 'CIFS',
  4266872130: 'SMB2',
  1397113167: 'AFS',
  1799439955: 'AFS',
  16914839: '9p',
  12805120: 'Ceph',
}

/** Those that are gone with the machine's memory, a restart of the pod's machine included. */
const VOLATILE: Readonly<Record<number, string>> = { 16914836: 'tmpfs', 2240043254: 'ramfs' }

/** Those of the kernel itself, in which no file can be created; Node.js tries to create a folder there without end. */
const KERNEL: Readonly<Record<number, string>> = { 40864: 'proc', 1650812274: 'sysfs', 1667723888: 'cgroup2' }

/** @returns the name of a file system of the kernel; undefined for any other */
export const kernelFilesystem = (path: string): string | undefined => KERNEL[statfsSync(existing(path)).type >>> 0]

/**
 * @param type instead of the file system's own, for tests
 * @returns the name of a file system that is in memory only; undefined for any other
 */
export function volatileFilesystem(path: string, type?: number): string | undefined {
  return VOLATILE[(type ?? statfsSync(existing(path)).type) >>> 0]
}

/**
 * @param type instead of the file system's own, for tests
 * @returns the network file system's name; undefined for a local one
 */
export function networkFilesystem(path: string, type?: number): string | undefined {
  return NETWORK[(type ?? statfsSync(existing(path)).type) >>> 0]
}

/** Bytes that this user may still write to the volume of a path. */
export function freeBytes(path: string): number {
  const { bavail, bsize } = statfsSync(existing(path))
  return bavail * bsize
}

/** Free bytes without which a volume that was full is not tried again. */
const ROOM = 2 ** 20

/** Whether a volume is full; not if that cannot be known. */
export function isFull(path: string): boolean {
  try {
    return freeBytes(path) < ROOM
  } catch {
    return false
  }
}

/** The path itself, or the nearest folder above it that exists. */
function existing(path: string): string {
  let at = path
  while (!existsSync(at) && dirname(at) !== at) at = dirname(at)
  return at
}
