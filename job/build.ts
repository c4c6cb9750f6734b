/**
 * `npm run build`: one bundled file and its source map. CommonJS, because the compile cache helps it more than ESM
 * (measured: 0.35 against 0.42 of the unbundled start); dynamic imports stay lazy inside the file.
 */
import { chmodSync, rmSync } from 'node:fs';
import { build } from 'esbuild';

rmSync('dist', { recursive: true, force: true });
const outfile = 'dist/volsync-prewarm.cjs';
await build({
  entryPoints: ['job/main.ts'],
  outfile,
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'cjs',
  minifySyntax: true,
  minifyWhitespace: true,
  sourcemap: true,
  legalComments: 'none',
  banner: { js: "#!/usr/bin/env node\nconst bundleUrl = require('node:url').pathToFileURL(__filename).href;" },
  define: { 'import.meta.url': 'bundleUrl' },
  logLevel: 'warning',
});
chmodSync(outfile, 0o755);
