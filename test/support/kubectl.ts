/** kubectl, where this machine has one. */
import { spawnSync } from 'node:child_process';

export const KUBECTL = 'kubectl';
export const HAS_KUBECTL = spawnSync(KUBECTL, ['version', '--client']).status === 0;
