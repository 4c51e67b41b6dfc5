// Runs testssl.sh against the machine and the public listener and judges its findings: LOW and INFO
// are told, anything above fails. The server's certificate is one that names where its revocation
// list lies, as that of a real CA does (the demonstration's CA has no address), and the list lies
// there for testssl.sh to look at.
//   tests/fault/testssl
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { must, root, run } from '../e2e/lib/command.mjs';
import { demonstration } from '../e2e/lib/demo.mjs';
import { serve } from '../e2e/lib/server.mjs';

const SCAN_MS_MAX = 900_000;
const FINE = ['OK', 'INFO', 'DEBUG'];
const BAD = ['MEDIUM', 'HIGH', 'CRITICAL', 'FATAL', 'WARN'];

// Findings of testssl.sh that are none, each with why.
const EXPLAINED = {
    engine_problem: "of the openssl that scans: Debian's has no GOST engine",
};

// Serves the CA's revocation list, and gives the server a certificate that names the place.
async function withRevocationList(demo) {
    const file = (name) => path.join(demo.tls, name);
    const { stdout: base64 } = await must('openssl', ['crl', '-in', file('crl.pem'), '-outform',
        'PEM']);
    const der = Buffer.from(base64.replace(/-----[^-]+-----|\s/g, ''), 'base64');
    const place = http.createServer((request, response) => response.end(der));
    place.listen(0, '127.0.0.1');
    await once(place, 'listening');
    writeFileSync(file('extensions'), `basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = DNS:localhost, IP:127.0.0.1
crlDistributionPoints = URI:http://127.0.0.1:${place.address().port}/ca.crl
`);
    await must('openssl', ['req', '-new', '-key', file('key.pem'), '-sha256', '-subj',
        '/O=dancu test/CN=localhost', '-out', file('request.pem')]);
    await must('openssl', ['x509', '-req', '-in', file('request.pem'), '-days', '90', '-CA',
        path.join(demo.dir, 'ca.pem'), '-CAkey', file('ca-key.pem'), '-CAcreateserial',
        '-extfile', file('extensions'), '-out', file('cert.pem')]);
    return place;
}

async function scan(demo, port, file) {
    rmSync(file, { force: true });
    // All but the long lists without a judgement: each cipher by itself, and what old clients get.
    const { stdout, stderr } = await run('testssl', ['--quiet', '--color', '0', '--warnings', 'off',
        '-p', '-s', '-f', '-P', '-S', '-h', '-U',
        '--ip', '127.0.0.1', '--phone-out',
        '--add-ca', path.join(demo.dir, 'ca.pem'), '--jsonfile', file,
        `localhost:${port}`], { timeoutMs: SCAN_MS_MAX });
    try {
        return JSON.parse(readFileSync(file, 'utf8'));
    } catch {
        throw new Error(`testssl.sh has written no report\n${stdout}${stderr}`);
    }
}

const folder = path.join(root, 'build/testssl');
mkdirSync(folder, { recursive: true });
const demo = await demonstration('testssl');
const place = await withRevocationList(demo);
const server = await serve(demo);
let bad = 0;
for (const [name, port] of [['machine', server.port], ['public', server.publicPort]]) {
    const findings = await scan(demo, port, path.join(folder, `${name}.json`));
    const told = findings.filter(({ severity }) => !FINE.includes(severity));
    const worse = told.filter(({ id, severity }) => BAD.includes(severity) && !(id in EXPLAINED));
    bad += worse.length;
    console.log(`${name}: ${findings.length} findings, ${told.length} not OK or INFO, ` +
        `${worse.length} above LOW`);
    for (const { id, severity, finding } of told) {
        console.log(`  ${severity} ${id}: ${finding}${id in EXPLAINED ? ` (${EXPLAINED[id]})` : ''}`);
    }
}
await server.stop();
place.close();
demo.remove();
process.exitCode = bad === 0 ? 0 : 1;
