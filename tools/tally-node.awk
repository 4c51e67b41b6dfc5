# Counts the tests in the summary of node's TAP report: prints PASSED FAILED SKIPPED. A runner that
# ended without its summary, or with a bad status for no counted reason, is one failure (-v status).
/^# pass / { passed = $3 }
/^# fail / { failed += $3 }
/^# cancelled / { failed += $3 }
/^# skipped / { skipped += $3; whole = 1 }
/^# todo / { skipped += $3 }
END {
    if (!whole || (status != 0 && failed == 0)) failed++
    print passed + 0, failed + 0, skipped + 0
}
