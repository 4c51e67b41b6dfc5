// What README says to paste does what README says.
import assert from 'node:assert/strict';
import { mkdtempSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { binary, root, run, workFolder } from './lib/command.mjs';
import { demonstration } from './lib/demo.mjs';
import { serve } from './lib/server.mjs';

let demo;
let server;
let folder;
let said;

before(async () => {
    demo = await demonstration('readme');
    server = await serve(demo);
    folder = mkdtempSync(path.join(workFolder, 'readme-'));
    mkdirSync(path.join(folder, 'var'));
    mkdirSync(path.join(folder, 'build/release'), { recursive: true });
    symlinkSync(demo.dir, path.join(folder, 'var/demo'));
    symlinkSync(binary, path.join(folder, 'build/release/dancu'));
    const readme = readFileSync(path.join(root, 'README.md'), 'utf8');
    const blocks = [...readme.matchAll(/^```sh\n([\s\S]*?)^```/gm)].map((match) => match[1]);
    assert.equal(blocks.length, 9);
    said = await run('bash', ['-e', '-o', 'pipefail', '-c', blocks.join('echo ---\n')],
        { cwd: folder, env: { DANCU_PORT: String(server.port) } });
});
after(async () => {
    await server?.stop();
    if (folder) {
        rmSync(folder, { recursive: true });
    }
    demo?.remove();
});

const part = (number) => said.stdout.split('---\n')[number];

test('the look-up is answered over HTTP/2 and HTTP/1.1', () => {
    assert.match(part(0), /^200 over HTTP\/2$/m, said.stderr);
    assert.match(part(0), /^200 over HTTP\/1\.1$/m);
    const answer = JSON.parse(readFileSync(path.join(folder, 'answer.json'), 'utf8'));
    assert.deepEqual(Object.keys(answer), ['ask', 'notices', 'opening', 'person', 'receipt']);
    assert.equal(answer.opening.length, 7);
});

test('every command ends well, the verification of the receipt too', () => {
    assert.equal(said.status, 0, said.stderr + said.stdout);
});

test('an ask that is repeated with its key gets the same answer', () => {
    assert.match(part(2), /^200 over HTTP\/2\n[\s\S]*^200 over HTTP\/2$/m);
    const [one, two] = ['one', 'two'].map((name) =>
        readFileSync(path.join(folder, `${name}.json`), 'utf8'));
    assert.equal(one, two);
});

test('the refusals are those that are promised', () => {
    assert.match(part(3), /"code":"business_not_granted"[\s\S]*403 over HTTP\/2/);
    assert.match(part(3), /"code":"subject_not_available"[\s\S]*404 over HTTP\/2/);
});

test('a verification is answered and its receipt verified', () => {
    const { result } = JSON.parse(part(4));
    assert.equal(typeof result.verified, 'boolean');
});

test('the log and the health are there for everybody', () => {
    assert.match(part(5), /^localhost\/dancu-demo\n\d+\n/);
    assert.match(part(5), /\{"status":"ok"\}/);
});

test('a letter that nobody has issued is unknown', () => {
    assert.equal(part(6), '{"standing":"unknown"}\n');
});

test('the figures are counted, and the log has signed what they were counted from', () => {
    assert.match(part(7), /^\d+ entries counted; .* lead to its signed root$/m);
});

test('the bank sees its businesses and itself over the desk', () => {
    const shown = part(8).trimEnd().split('\n').map((line) => JSON.parse(line));
    assert.deepEqual(shown.map((one) => one.code),
        ['NV-BANK-KYC', 'NV-BANK-TINY', 'NV-BANK-VERIFY', 'bank']);
});
