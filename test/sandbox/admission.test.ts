/** The sandbox's admission: what a policy may say, and what the server does with it. The shipped ones have tests of their own. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { celValue, compile } from '../../sandbox/admission/cel.ts';
import { readable } from '../../sandbox/admission/literals.ts';
import { at, text, type Fields, type ObjectInput } from '../../sandbox/kube/objects.ts';
import { startSandbox, type Sandbox } from '../../sandbox/sandbox.ts';
import { claim, namespace } from '../../sandbox/story.ts';
import { APPLY, openApi, type Answer, type Api } from '../support/api.ts';

const POLICIES = '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies';
const CLAIMS = '/api/v1/namespaces/media/persistentvolumeclaims';
const MAPS = '/api/v1/namespaces/media/configmaps';

let sandbox: Sandbox;
let api: Api;

beforeAll(async () => {
  sandbox = await startSandbox({ volsync: false });
  api = openApi(sandbox.kubeconfig('admin'));
  sandbox.kube.apply(namespace('media'));
});

afterAll(async () => {
  await api.close();
  await sandbox.stop();
});

beforeEach(() => {
  for (const one of ['MutatingAdmissionPolicy', 'ValidatingAdmissionPolicy']) {
    for (const kind of [one, `${one}Binding`]) {
      for (const { metadata } of sandbox.kube.list(kind)) sandbox.kube.remove(kind, '', metadata.name);
    }
  }
  for (const { metadata } of sandbox.kube.list('ConfigMap', 'media')) {
    sandbox.kube.remove('ConfigMap', 'media', metadata.name);
  }
});

const GROUP = 'admissionregistration.k8s.io';
const MATCH = {
  resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] }],
};

function validating(spec: Fields, name = 'rule'): ObjectInput {
  const whole = { failurePolicy: 'Fail', matchConstraints: MATCH, validations: [], ...spec };
  return { apiVersion: `${GROUP}/v1`, kind: 'ValidatingAdmissionPolicy', metadata: { name }, spec: whole };
}

function mutating(value: string, name: string, spec: Fields = {}): ObjectInput {
  const expression = `[JSONPatch{op: "add", path: "/data", value: {"by": ${value}}}]`;
  const mutations = [{ patchType: 'JSONPatch', jsonPatch: { expression } }];
  const whole = { failurePolicy: 'Fail', reinvocationPolicy: 'Never', matchConstraints: MATCH, mutations, ...spec };
  return { apiVersion: `${GROUP}/v1`, kind: 'MutatingAdmissionPolicy', metadata: { name }, spec: whole };
}

/** Puts a policy in force. */
function bind(policy: ObjectInput, spec: Fields = {}): void {
  const { name = '' } = policy.metadata;
  const actions = policy.kind.startsWith('Validating') ? { validationActions: ['Deny'] } : {};
  sandbox.kube.apply(policy);
  sandbox.kube.apply({
    apiVersion: `${GROUP}/v1`,
    kind: `${policy.kind}Binding`,
    metadata: { name },
    spec: { policyName: name, ...actions, ...spec },
  });
}

function map(name = 'map', more: Fields = {}): Fields {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, ...more };
}

function create(body: Fields = map(), query: Record<string, string> = {}): Promise<Answer> {
  return api.request('POST', MAPS, { body, query });
}

function said(answer: Answer): [number, string] {
  return [answer.code, text(answer.body, 'message') ?? ''];
}

describe('a validating policy', () => {
  const NO = {
    validations: [{ expression: 'object.metadata.name != "map"', message: 'not that', reason: 'Forbidden' }],
  };

  test('refuses in the words of the API server, and nothing is stored', async () => {
    bind(validating(NO));
    const answer = await create();

    expect(said(answer)).toEqual([
      403,
      `configmaps "map" is forbidden: ValidatingAdmissionPolicy 'rule' with binding 'rule' denied request: not that`,
    ]);
    expect(at(answer.body, 'details.causes')).toEqual([
      { message: "ValidatingAdmissionPolicy 'rule' with binding 'rule' denied request: not that" },
    ]);
    expect(sandbox.kube.get('ConfigMap', 'media', 'map')).toBeUndefined();
    expect((await create(map('other'))).code).toBe(201);
  });

  test('counts only when it is bound', async () => {
    sandbox.kube.apply(validating(NO));

    expect((await create()).code).toBe(201);
  });

  test('only warns, or says nothing, if the binding says so', async () => {
    bind(validating(NO), { validationActions: ['Warn', 'Audit'] });
    const warned = await create();
    bind(validating(NO), { validationActions: ['Audit'] });

    expect([warned.code, warned.warnings]).toEqual([
      201,
      ["Validation failed for ValidatingAdmissionPolicy 'rule' with binding 'rule': not that"],
    ]);
    expect((await create(map('map', { metadata: { generateName: 'map-' } }))).warnings).toEqual([]);
  });

  test('has a code for its reason, and 422 without one', async () => {
    bind(validating({ validations: [{ expression: 'false', message: 'no' }] }));
    const without = await create();
    bind(validating({ validations: [{ expression: 'false', message: 'no', reason: 'RequestEntityTooLarge' }] }));

    expect([without.code, (await create()).code]).toEqual([422, 413]);
  });

  test('speaks by its expression, else by its message, else by what failed', async () => {
    const speak = async (validation: Fields): Promise<string> => {
      bind(validating({ validations: [{ expression: 'false', ...validation }] }));
      return said(await create())[1].replace(/.*denied request: /, '');
    };

    expect(await speak({ message: 'fixed', messageExpression: '"no " + object.metadata.name' })).toBe('no map');
    expect(await speak({ message: 'fixed', messageExpression: 'string(object.data.none)' })).toBe('fixed');
    expect(await speak({ message: 'fixed', messageExpression: '"two\\nlines"' })).toBe('fixed');
    expect(await speak({})).toBe('failed expression: false');
  });

  test('sees the time and the name that the server made', async () => {
    const expression =
      'timestamp(object.metadata.creationTimestamp) > timestamp("2026-01-01T00:00:00Z") && request.name.startsWith("made-")';
    bind(validating({ validations: [{ expression }] }));

    expect((await create(map('', { metadata: { generateName: 'made-' } }))).code).toBe(201);
  });

  test('sees updates, deletions and who asks', async () => {
    const rules = [{ ...MATCH.resourceRules[0], operations: ['UPDATE', 'DELETE'] }];
    const expression = 'request.operation == "UPDATE" ? object.data == oldObject.data : object != null';
    const conditions = [{ name: 'who', expression: 'request.userInfo.username == "system:admin"' }];
    bind(
      validating({
        matchConstraints: { resourceRules: rules },
        matchConditions: conditions,
        validations: [{ expression, message: 'kept' }],
      }),
    );
    await create(map('map', { data: { a: '1' } }));
    const body = { data: { a: '2' } };
    const type = 'application/merge-patch+json';
    const worker = openApi(sandbox.kubeconfig('worker'));
    const answers = [
      await api.request('PATCH', `${MAPS}/map`, { body, type }),
      await api.request('DELETE', `${MAPS}/map`),
      await worker.request('PATCH', `${MAPS}/map`, { body, type }),
      await worker.request('DELETE', `${MAPS}/map`),
    ];
    await worker.close();

    expect(answers.map(({ code }) => code)).toEqual([422, 422, 200, 200]);
  });

  test('looks at a status only when its rule says so', async () => {
    const rule = { apiGroups: [''], apiVersions: ['v1'], operations: ['UPDATE'] };
    const put = (resources: string[]): void =>
      bind(
        validating({
          matchConstraints: { resourceRules: [{ ...rule, resources }] },
          validations: [{ expression: 'false' }],
        }),
      );
    sandbox.kube.apply(claim({ namespace: 'media', name: 'data' }));
    const status = (): Promise<Answer> =>
      api.request('PATCH', `${CLAIMS}/data/status`, {
        body: { status: { phase: 'Bound' } },
        type: 'application/merge-patch+json',
      });
    put(['persistentvolumeclaims']);
    const without = await status();
    put(['persistentvolumeclaims/status']);

    expect([without.code, (await status()).code]).toEqual([200, 422]);
  });

  test('can be kept to namespaces, and away from names', async () => {
    const namespaceSelector = { matchLabels: { 'kubernetes.io/metadata.name': 'elsewhere' } };
    bind(validating({ ...NO, matchConstraints: { ...MATCH, namespaceSelector } }));
    const elsewhere = await create();
    const excludeResourceRules = [{ ...MATCH.resourceRules[0], resourceNames: ['free'] }];
    bind(validating({ matchConstraints: { ...MATCH, excludeResourceRules }, validations: [{ expression: 'false' }] }));

    expect([elsewhere.code, (await create(map('free'))).code, (await create(map('bound'))).code]).toEqual([
      201, 201, 422,
    ]);
  });

  test('an error in it refuses, unless its failurePolicy is Ignore', async () => {
    const broken = { validations: [{ expression: 'object.data.none == "x"' }] };
    bind(validating(broken));
    const fails = said(await create());
    bind(validating({ ...broken, failurePolicy: 'Ignore' }));

    expect(fails[0]).toBe(422);
    expect(fails[1]).toContain(`expression 'object.data.none == "x"' resulted in error: No such key: data`);
    expect((await create()).code).toBe(201);
  });

  test('a false condition outweighs an error in another one', async () => {
    const matchConditions = [
      { name: 'error', expression: 'object.data.none == "x"' },
      { name: 'no', expression: 'false' },
    ];
    bind(validating({ matchConditions, validations: [{ expression: 'false' }] }));

    expect((await create()).code).toBe(201);
  });

  test('evaluates variables when they are asked for', async () => {
    const variables = [
      { name: 'broken', expression: 'object.data.none' },
      { name: 'name', expression: 'object.metadata.name' },
      { name: 'long', expression: 'variables.name.size() > 3' },
    ];
    bind(validating({ variables, validations: [{ expression: '!variables.long || variables.broken == "x"' }] }));

    expect((await create()).code).toBe(201);
    expect(said(await create(map('longer')))[1]).toContain('composited variable "broken" fails to evaluate');
  });
});

describe('parameters', () => {
  const paramKind = { apiVersion: 'v1', kind: 'ConfigMap' };
  const policy = validating({
    paramKind,
    validations: [
      { expression: 'params.data.allowed == object.metadata.name', messageExpression: '"only " + params.data.allowed' },
    ],
  });
  const param = (name: string, allowed: string): void =>
    void sandbox.kube.apply({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, namespace: 'media', labels: { param: name } },
      data: { allowed },
    });

  test('each one that the selector finds is asked', async () => {
    param('one', 'map');
    param('two', 'other');
    bind(policy, { paramRef: { selector: { matchLabels: { param: 'one' } }, parameterNotFoundAction: 'Allow' } });
    const one = await create();
    const both = { matchExpressions: [{ key: 'param', operator: 'Exists' }] };
    bind(policy, { paramRef: { selector: both, parameterNotFoundAction: 'Allow' } });

    expect(one.code).toBe(201);
    expect(said(await create(map('map', { metadata: { name: 'third' } })))[1]).toMatch(/only map$/);
  });

  test('one by name, in another namespace; what is not there allows or refuses, as the binding says', async () => {
    param('one', 'map');
    bind(policy, { paramRef: { name: 'one', namespace: 'media', parameterNotFoundAction: 'Deny' } });
    const there = await create();
    bind(policy, { paramRef: { name: 'none', parameterNotFoundAction: 'Deny' } });
    const denied = said(await create(map('other')));
    bind(policy, { paramRef: { name: 'none', parameterNotFoundAction: 'Allow' } });

    expect(there.code).toBe(201);
    expect(denied[1]).toContain('no params found for policy binding with `Deny` parameterNotFoundAction');
    expect((await create(map('other'))).code).toBe(201);
  });

  test('a kind that is not served refuses everything that the policy looks at, and nothing else', async () => {
    const gone = { apiVersion: 'volsync.backube/v1alpha1', kind: 'ReplicationDestination' };
    bind(mutating('"x"', 'rule', { paramKind: gone }), {
      paramRef: { selector: {}, parameterNotFoundAction: 'Allow' },
    });
    const before = await create(map('before'));
    const back = sandbox.kube.resources.hide('volsync.backube');
    const during = said(await create());
    const other = await api.request('POST', CLAIMS, { body: claim({ namespace: 'media', name: 'free' }) });
    back();

    expect([before.code, other.code]).toEqual([201, 201]);
    expect(during).toEqual([
      403,
      `policy "rule" denied request: failed to configure policy: failed to find resource referenced by paramKind: 'volsync.backube/v1alpha1, Kind=ReplicationDestination'`,
    ]);
  });
});

describe('a mutating policy', () => {
  test('changes what is stored, over the wire and in process, and what a dry run shows', async () => {
    bind(mutating('"policy"', 'rule'));
    const dry = await create(map('dry'), { dryRun: 'All' });
    const applied = await api.request('PATCH', `${MAPS}/applied`, {
      type: APPLY,
      query: { fieldManager: 'x' },
      body: map('applied'),
    });
    await create();
    const inProcess = sandbox.kube.apply({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { namespace: 'media', name: 'own' },
    });

    expect(at(dry.body, 'data.by')).toBe('policy');
    expect(sandbox.kube.get('ConfigMap', 'media', 'dry')).toBeUndefined();
    expect(at(applied.body, 'data.by')).toBe('policy');
    expect(sandbox.kube.get('ConfigMap', 'media', 'map')?.data).toEqual({ by: 'policy' });
    expect(inProcess.data).toEqual({ by: 'policy' });
  });

  test('comes in the order of names, and sees what those before it did', async () => {
    bind(mutating('object.data.by + " and b"', 'b'));
    bind(mutating('"a"', 'a'));

    expect(at((await create()).body, 'data.by')).toBe('a and b');
  });

  test('sees neither a time nor the name that the server will make', async () => {
    bind(
      mutating(
        'string(has(object.metadata.creationTimestamp)) + object.metadata.?name.orValue(" none") + request.name',
        'rule',
      ),
    );

    expect(at((await create(map('', { metadata: { generateName: 'x-' } }))).body, 'data.by')).toBe('false none');
  });

  test('an error in it refuses with 403 and the words of the API server', async () => {
    bind(mutating('object.data.none', 'rule'));

    expect(said(await create())).toEqual([
      403,
      expect.stringMatching(
        /^policy 'rule' with binding 'rule' denied request: expression '.*' resulted in error: No such key: data$/,
      ),
    ]);
  });

  test('comes before validating ones, and before the name is held against what is there', async () => {
    await create();
    bind(mutating('"policy"', 'rule'));
    bind(validating({ validations: [{ expression: 'object.data.by != "policy"', message: 'seen' }] }));

    expect(said(await create())[1]).toMatch(/seen$/);
  });
});

describe('policies as objects', () => {
  test.each([
    ['a syntax error', { validations: [{ expression: 'object.' }] }, 'spec.validations[0].expression'],
    [
      'an unknown name',
      { matchConditions: [{ name: 'x', expression: 'nobody == 1' }] },
      'spec.matchConditions[0].expression',
    ],
    ['a variable that is not defined', { validations: [{ expression: 'variables.x == 1' }] }, "undefined field 'x'"],
    [
      'a variable in a condition',
      { variables: [{ name: 'x', expression: '1' }], matchConditions: [{ name: 'x', expression: 'variables.x == 1' }] },
      'Unknown variable: variables',
    ],
    ['params without a paramKind', { validations: [{ expression: 'params == null' }] }, 'Unknown variable: params'],
    ['what is no bool', { validations: [{ expression: '"yes"' }] }, 'must evaluate to bool'],
    ['no rule at all', { matchConstraints: {} }, 'spec.matchConstraints.resourceRules'],
    [
      'several lines without a message',
      { validations: [{ expression: 'true &&\ntrue' }] },
      'message must be specified',
    ],
  ])('%s is refused when it is created', async (_name, spec, message) => {
    const answer = await api.request('POST', POLICIES, { body: validating(spec) });

    expect(answer.code).toBe(422);
    expect(said(answer)[1]).toContain(message);
  });

  test('are one in both versions', async () => {
    const beta = POLICIES.replace('/v1/', '/v1beta1/');
    await api.request('POST', beta, {
      body: { ...validating({ validations: [{ expression: 'false' }] }), apiVersion: `${GROUP}/v1beta1` },
    });
    const body = {
      apiVersion: `${GROUP}/v1beta1`,
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata: { name: 'rule' },
      spec: { policyName: 'rule', validationActions: ['Deny'] },
    };
    await api.request('POST', beta.replace('policies', 'policybindings'), { body });
    const seen = await Promise.all([POLICIES, beta].map((path) => api.request('GET', `${path}/rule`)));

    expect(seen.map(({ body }) => text(body, 'apiVersion'))).toEqual([`${GROUP}/v1`, `${GROUP}/v1beta1`]);
    expect((await create()).code).toBe(422);
  });
});

describe('CEL', () => {
  const evaluate = (expression: string, object: unknown = {}): unknown =>
    compile(expression, { names: [], variables: null, result: 'any' }).evaluate({ object: celValue(object) });

  test.each([
    ['quantity("1Gi").compareTo(quantity("1073741824")) == 0', true],
    ['quantity("10G").isLessThan(quantity("10Gi"))', true],
    ['quantity("1.5Gi").isGreaterThan(quantity("1500Mi"))', true],
    ['isQuantity("a lot")', false],
    ['string(timestamp("2026-01-01T00:20:00Z") - duration("20m"))', '2026-01-01T00:00:00Z'],
    ['string(timestamp("2026-01-01T00:00:00.250Z"))', '2026-01-01T00:00:00.25Z'],
    ['object.?labels == object.?others', true],
    ['object.?count.orValue(0) + 1 == 3', true],
    ['"a.b".replace(".", "/")', 'a/b'],
  ])('%s is %j', (expression, value) => {
    expect(evaluate(expression, { count: 2 })).toEqual(value);
  });

  test('a day that does not exist is an error, as in Go', () => {
    expect(() => evaluate('timestamp("2026-02-30T00:00:00Z")')).toThrow('no RFC 3339 time');
  });

  test('literals of objects become maps, text in quotes stays', () => {
    const patch = 'JSONPatch{op: "add", value: Object.spec{name: "Object{a: 1}", list: [1, 2]}}';

    expect(readable(patch)).toBe(
      '{"op": dyn( "add"),"value": dyn( {"name": dyn( "Object{a: 1}"),"list": dyn( [1, 2])})}',
    );
    expect(readable('request.timestamp(x) || timestamp(y) == "timestamp(z)"')).toBe(
      'request.timestamp(x) || rfc3339(y) == "timestamp(z)"',
    );
  });
});

describe('an overlay', () => {
  test('is put in force by one call, and its index keeps what was written into it', async () => {
    sandbox.install('safe');
    const index = ['ReplicationDestination', 'volsync-system', 'volsync-prewarm-index'] as const;
    sandbox.kube.patch(...index, { spec: { external: { parameters: { 'media.kept': 'attach' } } } });
    sandbox.install('strict');
    const refused = await api.request('POST', CLAIMS, {
      body: claim({ namespace: 'media', name: 'new', labels: { backup: 'hourly' } }),
    });

    expect(refused.code).toBe(403);
    expect(at(sandbox.kube.get(...index), 'spec.external.parameters')).toEqual({
      _onStale: 'deny',
      'media.kept': 'attach',
    });
  });
});
