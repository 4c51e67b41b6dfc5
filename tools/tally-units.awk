# Counts cmocka's tests in meson's testlog.txt: prints PASSED FAILED SKIPPED. A program that died
# before its last test counts as one more failure.
function finish(    missing)
{
    if (!in_program) return
    missing = plan < 0 || good + bad + left < plan
    if (bad == 0 && (missing || (result !~ /exit status 0/ && result !~ /^skip/))) bad = 1
    passed += good; failed += bad; skipped += left
}

/^=+ [0-9]+\/[0-9]+ =+$/ {
    finish()
    in_program = 1; good = bad = left = 0; plan = -1; result = ""
    next
}
/^result: / { sub(/^result: */, ""); result = $0 }
/^1\.\.[0-9]+/ { sub(/^1\.\./, ""); plan = (plan < 0 ? 0 : plan) + $0 }
/^ok / { if ($0 ~ /# *SKIP/) left++; else good++ }
/^not ok / { if ($0 ~ /# *SKIP/) left++; else bad++ }
END { finish(); print passed + 0, failed + 0, skipped + 0 }
