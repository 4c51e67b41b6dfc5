// Opens so many TLS connections at so many a second, and holds them without a word.
//   parent sends {port, ca, cert, key, count, perSecond}; hears {held, ended}; `stop` ends it.
import tls from 'node:tls';

let held = 0;
let ended = 0;

function open(options) {
    const socket = tls.connect({ host: '127.0.0.1', servername: 'localhost', ALPNProtocols: ['h2'],
        ...options });
    socket.on('secureConnect', () => held++);
    socket.on('error', () => {});
    socket.on('close', () => ended++);
}

process.on('message', (message) => {
    if (message === 'stop') {
        process.exit(0);
    }
    if (message === 'tell') {
        process.send({ held, ended });
        return;
    }
    const { count, perSecond, ...options } = message;
    let begun = 0;
    const timer = setInterval(() => {
        for (let i = 0; i < perSecond / 50 && begun < count && begun - held - ended < 50; i++) {
            open(options);
            begun++;
        }
        if (begun === count) {
            clearInterval(timer);
        }
    }, 20);
});
