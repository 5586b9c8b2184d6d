import { notFound, validationFailed } from './errors.ts';
import { fullUserJson, keyJson } from './json.ts';
import { type Context, page, parameter, type Router, requiredText, viewer } from './router.ts';
import { newId, type PublicKey, timestamp, type User, userByLogin } from './state.ts';

/** `/user`, `/users/{login}` and their keys. */
export function addUserRoutes(router: Router): void {
  router.add('GET', '/user', (context) => ({ status: 200, json: fullUserJson(context, viewer(context)) }));
  router.add('GET', '/user/keys', (context) =>
    page(
      context,
      viewer(context).keys.map((key) => keyJson(context, key)),
    ),
  );
  router.add('POST', '/user/keys', (context) => addKey(context, viewer(context).keys));
  router.add('GET', '/user/ssh_signing_keys', (context) =>
    page(
      context,
      viewer(context).signingKeys.map((key) => keyJson(context, key)),
    ),
  );
  router.add('POST', '/user/ssh_signing_keys', (context) => addKey(context, viewer(context).signingKeys));
  router.add('GET', '/user/:id', (context) => {
    const user = context.state.users.get(Number(parameter(context, 'id')));
    if (user === undefined) throw notFound();
    return { status: 200, json: fullUserJson(context, user) };
  });
  router.add('GET', '/users/:login', (context) => ({
    status: 200,
    json: fullUserJson(context, named(context)),
  }));
  router.add('GET', '/users/:login/keys', (context) =>
    page(
      context,
      named(context).keys.map(({ id, key }) => ({ id, key })),
    ),
  );
  router.add('GET', '/users/:login/ssh_signing_keys', (context) =>
    page(
      context,
      named(context).signingKeys.map(({ id, key, title, createdAt }) => ({
        id,
        key,
        title,
        created_at: createdAt,
      })),
    ),
  );
}

/** The user that the path names. A former login is nobody's: GitHub answers 404 until someone takes it. */
function named(context: Context): User {
  const user = userByLogin(context.state, parameter(context, 'login'));
  if (user === undefined) throw notFound();
  return user;
}

function addKey(context: Context, keys: PublicKey[]) {
  const text = requiredText(context, 'PublicKey', 'key');
  const [type, data] = text.trim().split(/\s+/);
  if (type === undefined || data === undefined || !/^(ssh|ecdsa|sk-)/.test(type)) {
    throw validationFailed({
      resource: 'PublicKey',
      code: 'custom',
      field: 'key',
      message: 'key is invalid. You must supply a key in OpenSSH public key format',
    });
  }
  // GitHub drops the comment, and lets a key belong to one account only.
  const key = `${type} ${data}`;
  for (const user of context.state.users.values()) {
    if ([...user.keys, ...user.signingKeys].some((known) => known.key === key && keys.includes(known))) {
      throw validationFailed({
        resource: 'PublicKey',
        code: 'custom',
        field: 'key',
        message: 'key is already in use',
      });
    }
  }
  const added = {
    id: newId(context.state),
    key,
    title: typeof context.body.title === 'string' ? context.body.title : '',
    createdAt: timestamp(context.state),
  };
  keys.push(added);
  return { status: 201, json: keyJson(context, added) };
}
