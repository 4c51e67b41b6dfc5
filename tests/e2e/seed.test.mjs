// `dancu seed` and `dancu seed pick` as commands: what goes where, exit statuses, complaints. What
// the people are like is held by the unit tests of the demo room.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, test } from 'node:test';

const binary = resolve(process.env.DANCU_BINARY ?? 'build/release/dancu');

function seed(args, options = {}) {
    return spawnSync(binary, ['seed', ...args], { maxBuffer: 1 << 28, ...options });
}

const lines = (bytes) => bytes.toString('utf8').split('\n').slice(0, -1).map((line) => JSON.parse(line));

describe('dancu seed', () => {
    let folder;
    let people;
    before(() => {
        folder = mkdtempSync(join(tmpdir(), 'dancu-seed-'));
        people = join(folder, 'people.ndjson');
        const made = seed(['--persons', '12000', '--seed', '77', '--protected-permille', '150', '--out', people]);
        assert.equal(made.status, 0, made.stderr.toString());
        assert.equal(made.stdout.length, 0);
    });
    after(() => rmSync(folder, { recursive: true, force: true }));

    test('the file and stdout get the same lines, as many as asked for', () => {
        const made = seed(['--persons=12000', '--seed=77', '--protected-permille=150'], { cwd: '/' });
        assert.equal(made.status, 0);
        assert.ok(made.stdout.equals(readFileSync(people)));
        assert.equal(lines(made.stdout).length, 12000);
        assert.equal(made.stderr.length, 0);
    });

    const wrong = [
        [[], 'wants --persons and --seed'],
        [['--persons', '10'], 'wants --persons and --seed'],
        [['--persons', '0', '--seed', '1'], '--persons wants a whole number'],
        [['--persons', '20000001', '--seed', '1'], '--persons wants a whole number'],
        [['--persons', '1e3', '--seed', '1'], '--persons wants a whole number'],
        [['--persons', '10', '--seed', '-1'], '--seed wants a whole number'],
        [['--persons', '10', '--seed', '18446744073709551616'], '--seed wants a whole number'],
        [['--persons', '10', '--seed', '1', '--protected-permille', '1001'], '--protected-permille'],
        [['--persons', '10', '--seed', '1', '--more'], 'unknown option'],
        [['--persons', '10', '--seed'], 'wants a value'],
        [['--persons', '10', '--seed', '1', 'word'], 'unexpected word'],
        [['pick', '--from', '/dev/null'], 'wants --from, --samples and --hidden'],
        [['pick', '--frm', 'x'], 'unknown option'],
    ];
    for (const [args, says] of wrong) {
        test(`exit 2 and a reason: seed ${args.join(' ')}`, () => {
            const made = seed(args);
            assert.equal(made.status, 2);
            assert.equal(made.stdout.length, 0);
            assert.match(made.stderr.toString(), new RegExp(says));
        });
    }

    test('what cannot be written is exit 1 and leaves no file', () => {
        const full = seed(['--persons', '10', '--seed', '1', '--out', '/dev/full']);
        assert.equal(full.status, 1);
        assert.match(full.stderr.toString(), /No space left/);
        assert.ok(existsSync('/dev/full'));
        const nowhere = seed(['--persons', '10', '--seed', '1', '--out', join(folder, 'no', 'file')]);
        assert.equal(nowhere.status, 1);
        assert.match(nowhere.stderr.toString(), /No such file/);
    });

    test('pick writes samples without flags, and the hidden with them', () => {
        const samples = join(folder, 'samples.ndjson');
        const hidden = join(folder, 'hidden.ndjson');
        const made = seed(['pick', '--from', people, '--samples', samples, '--hidden', hidden]);
        assert.equal(made.status, 0, made.stderr.toString());
        const chosen = lines(readFileSync(samples));
        assert.equal(chosen.length, 100);
        assert.equal(chosen.filter((one) => one.permanent_residence.province === '79').length, 50);
        for (const one of chosen) {
            assert.equal(Object.keys(one).length, 20);
            assert.ok(!('protected' in one) && !('locked' in one));
            assert.ok(one.household !== null && one.marital_status !== null);
            assert.equal(one.death_or_missing, null);
        }
        const away = lines(readFileSync(hidden));
        assert.equal(away.length, 2000);
        assert.ok(away.slice(0, 1000).every((one) => one.protected));
        assert.ok(away.slice(1000).every((one) => !one.protected && !one.locked));
        assert.ok(away.slice(1000).every((one) => one.permanent_residence.province !== '79'));
        const known = new Map(lines(readFileSync(people)).map((one) => [one.id, one]));
        for (const one of [...chosen, ...away]) {
            assert.equal(known.get(one.id).full_name, one.full_name);
        }
    });

    test('pick says what a small population lacks and writes nothing', () => {
        const small = join(folder, 'small.ndjson');
        const samples = join(folder, 'no-samples.ndjson');
        assert.equal(seed(['--persons', '2000', '--seed', '1', '--out', small]).status, 0);
        const made = seed(['pick', '--from', small, '--samples', samples, '--hidden', samples]);
        assert.equal(made.status, 1);
        assert.match(made.stderr.toString(), /population too small: \d+ .*, wanted \d+/);
        assert.ok(!existsSync(samples));
    });

    test('pick tells a bad line by its number, not by its content', () => {
        const broken = join(folder, 'broken.ndjson');
        const first = readFileSync(people).subarray(0, readFileSync(people).indexOf('\n') + 1);
        writeFileSync(broken, Buffer.concat([first, Buffer.from('{"id":"0790secret"}\n')]));
        const made = seed(['pick', '--from', broken, '--samples', '/dev/null', '--hidden', '/dev/null']);
        assert.equal(made.status, 1);
        assert.match(made.stderr.toString(), /line 2: no personal number/);
        assert.doesNotMatch(made.stderr.toString(), /secret/);
        writeFileSync(broken, Buffer.concat([first, Buffer.alloc(70000, 0x20)]));
        const long = seed(['pick', '--from', broken, '--samples', '/dev/null', '--hidden', '/dev/null']);
        assert.equal(long.status, 1);
        assert.match(long.stderr.toString(), /line 2: longer than 65536 bytes/);
    });

    test('pick wants a file that it can read more than once', () => {
        const made = seed(['pick', '--from', '/dev/null', '--samples', '/dev/null', '--hidden', '/dev/null']);
        assert.equal(made.status, 1);
        assert.match(made.stderr.toString(), /not a plain file/);
        const none = seed(['pick', '--from', join(folder, 'none'), '--samples', 'x', '--hidden', 'y']);
        assert.equal(none.status, 1);
        assert.match(none.stderr.toString(), /No such file/);
    });
});
