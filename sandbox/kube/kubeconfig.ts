import { dump } from 'js-yaml';

/** A kubeconfig (YAML) for one user of one server, with everything inside. */
export function kubeconfigText(server: { url: string; ca: string }, user: { name: string; token: string }): string {
  const certificate = Buffer.from(server.ca).toString('base64');
  return dump(
    {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'sandbox',
      clusters: [{ name: 'sandbox', cluster: { server: server.url, 'certificate-authority-data': certificate } }],
      users: [{ name: user.name, user: { token: user.token } }],
      contexts: [{ name: 'sandbox', context: { cluster: 'sandbox', user: user.name } }],
    },
    { lineWidth: -1 },
  );
}
