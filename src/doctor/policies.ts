/** Checks which admission policies are in force, and that they read the index that the worker writes. */
import type { Answer } from '../cluster/checkup.ts';
import type { PoliciesView } from '../cluster/policies.ts';
import { HOME_NAMESPACE } from '../naming.ts';
import { ok, wrong, type Check } from './check.ts';

const CHECK = 'admission policies';

/** The worker's account has no right to read policies, only a person's kubeconfig has. */
export function policyChecks(found: Answer<PoliciesView>): Check[] {
  if (found.state === 'unknown')
    return [wrong('warning', CHECK, found.message, 'Run doctor with a kubeconfig that may list policies.')];
  const { astray } = found.value;
  const inForce = forceCheck(found.value);
  if (astray.length === 0) return [inForce];
  const message = `${astray.join(', ')}: the worker writes the index in ${HOME_NAMESPACE}, so these policies never see it`;
  const todo = `Set paramRef.namespace of these bindings to ${HOME_NAMESPACE}. \`namespace:\` in a kustomization does not change them.`;
  return [inForce, wrong('failed', 'where policies look for the index', message, todo)];
}

function forceCheck({ flavour, astray: _astray, ...policies }: PoliciesView): Check {
  const all = Object.entries(policies);
  const named = (force: string): string[] => all.flatMap(([name, is]) => (is === force ? name : []));
  const [lacking, warns] = [named('absent'), named('warns')];
  const message = [
    `in force: ${named('enforced').join(', ') || 'none'}${flavour === null || flavour === 'native' ? '' : ` (${flavour})`}`,
    ...(warns.length > 0 ? [`only warning: ${warns.join(', ')}`] : []),
    ...(lacking.length > 0 ? [`not there: ${lacking.join(', ')}`] : []),
  ].join('; ');
  if (policies.restore !== 'enforced')
    return wrong(
      'warning',
      CHECK,
      message,
      'No claim gets its restore point. Apply an overlay: kubectl apply -k k8s/overlays/safe',
    );
  const todo = 'A claim can start empty over a backup. docs/admission.md compares the overlays.';
  return lacking.length + warns.length === 0 ? ok(CHECK, message) : wrong('warning', CHECK, message, todo);
}
