/**
 * The program that runs inside of a sandbox that has hosts: it makes the gateway look like a network, so that any program reaches
 * its hosts without knowing of it. A name server gives each name an address of the loopback of its own; who connects to that
 * is connected, through the gateway, to the name. It enforces nothing: the gateway does.
 */
export const insideProgram = String.raw`
const [gate, ports, command, ...args] = process.argv.slice(1);
const [net, dgram] = ['node:net', 'node:dgram'].map((name) => require(name));
const names = [];
const addresses = new Map();
const addressOf = (name) => {
  let found = addresses.get(name);
  if (found === undefined && names.length < 65000) {
    names.push(name);
    found = '127.1.' + (names.length >> 8) + '.' + (names.length & 255);
    addresses.set(name, found);
  }
  return found;
};
const nameOf = (address) => {
  const [, net, high, low] = address.split('.').map(Number);
  return net === 1 ? names[high * 256 + low - 1] : 'localhost';
};
const answer = (query) => {
  let at = 12;
  const labels = [];
  while (query[at] !== 0) {
    if (at > 300 || at >= query.length) return undefined;
    labels.push(query.toString('latin1', at + 1, at + 1 + query[at]));
    at += query[at] + 1;
  }
  const end = at + 5;
  const isA = query.readUInt16BE(at + 1) === 1;
  const address = isA ? addressOf(labels.join('.').toLowerCase()) : undefined;
  const head = Buffer.from(query.subarray(0, 12));
  head.writeUInt16BE(0x8180, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(address === undefined ? 0 : 1, 6);
  head.writeUInt32BE(0, 8);
  const record = address === undefined ? Buffer.alloc(0)
    : Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, ...address.split('.').map(Number)]);
  return Buffer.concat([head, query.subarray(12, end), record]);
};
const dns = dgram.createSocket('udp4');
dns.on('message', (query, from) => {
  const reply = query.length < 17 ? undefined : answer(query);
  if (reply !== undefined) dns.send(reply, from.port, from.address);
});
dns.on('error', (error) => closed(error));
const pass = (client, port) => {
  const host = nameOf(client.localAddress ?? '');
  if (host === undefined) return client.destroy();
  const out = net.connect(gate);
  const stop = () => { client.destroy(); out.destroy(); };
  client.on('error', stop).on('close', stop);
  out.on('error', stop).on('close', stop);
  out.on('connect', () => out.write(host + ' ' + port + '\n'));
  out.once('readable', () => {
    const said = out.read(3);
    if (said === null || said.toString() !== 'ok\n') return stop();
    client.pipe(out).pipe(client);
  });
};
const closed = (error) => { process.stderr.write('sandbox: ' + error.message + '\n'); process.exit(126); };
const listening = [new Promise((resolve) => dns.bind(53, '127.0.0.1', resolve))];
for (const port of ports.split(',').map(Number)) {
  listening.push(new Promise((resolve) => {
    net.createServer({ allowHalfOpen: true }, (client) => pass(client, port)).on('error', closed).listen(port, '0.0.0.0', resolve);
  }));
}
Promise.all(listening).then(() => {
  const child = require('node:child_process').spawn(command, args, { stdio: 'inherit' });
  child.on('error', (error) => { process.stderr.write(error.message + '\n'); process.exit(127); });
  child.on('exit', (code, signal) => process.exit(code ?? (signal === null ? 1 : 128)));
});
`;
