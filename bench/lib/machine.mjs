// What the figures were measured on and with.
import { readFileSync } from 'node:fs';
import os from 'node:os';
import { run } from '../../tests/e2e/lib/command.mjs';

async function line(file, args, pattern = /^.*$/m) {
    try {
        const { stdout, stderr } = await run(file, args);
        return pattern.exec(stdout + stderr)?.[0] ?? '?';
    } catch {
        return '?';
    }
}

export async function machine(folder) {
    const cpu = os.cpus();
    const system = /PRETTY_NAME="(.*)"/.exec(readFileSync('/etc/os-release', 'utf8'))?.[1];
    return {
        date: new Date().toISOString().slice(0, 16).replace('T', ' ') + ' UTC',
        processor: `${cpu.length} x ${cpu[0].model}`,
        memory: `${Math.round(os.totalmem() / 2 ** 30)} GiB`,
        system: `${system}, Linux ${os.release()}`,
        'file system': await line('stat', ['--file-system', '--format=%T', folder]),
        revision: await line('git', ['rev-parse', '--short', 'HEAD']),
        changed: (await line('git', ['status', '--porcelain'])) === '' ? 'no' : 'yes',
        openssl: await line('openssl', ['version']),
        nghttp2: await line('h2load', ['--version']),
        nginx: await line('/usr/sbin/nginx', ['-v']),
        'load before': os.loadavg().map((value) => value.toFixed(2)).join(' '),
    };
}
