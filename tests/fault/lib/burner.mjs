// The control beside an attacker: burns the given share of one processor and does nothing else.
const share = Number(process.argv[2]);
const SLICE_MS = 20;

process.on('disconnect', () => process.exit(0));
setInterval(() => {
    const end = performance.now() + SLICE_MS * share;
    while (performance.now() < end) {
        // burn
    }
}, SLICE_MS);
