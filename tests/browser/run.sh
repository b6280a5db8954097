#!/usr/bin/env bash
# The HTML report in a headless Chromium: writes sample pages, opens them, clicks through them. Installs Chromium (apt) and
# playwright-core (npm, pinned in package-lock.json) where they are absent; where neither registry can be reached it says so and
# skips. PALISADE_HTML_OUT keeps the pages and the screenshots.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
out=${PALISADE_HTML_OUT:-$(mktemp -d)}
mkdir -p "$out"

skip() {
    printf '\n!!! SKIPPED: %s. The HTML report was not opened in a browser.\n\n' "$*" >&2
    exit 0
}

cd "$here/../.."
PALISADE_HTML_OUT="$out" cargo test --locked --quiet --lib report::html::tests::sample_pages_for_a_browser

chromium=${CHROMIUM:-/usr/bin/chromium}
if ! [ -x "$chromium" ]; then
    command -v apt-get >/dev/null || skip "there is no $chromium and no apt-get to install it; CHROMIUM names another one"
    apt-get install -y --no-install-recommends chromium >/dev/null 2>&1 \
        || { apt-get update -qq >/dev/null 2>&1 && apt-get install -y --no-install-recommends chromium >/dev/null 2>&1; } \
        || skip "chromium cannot be installed"
fi
command -v npm >/dev/null || skip "there is no npm"

# Beside the pages, so that nothing is installed into the checkout.
cp "$here/package.json" "$here/package-lock.json" "$here/report.mjs" "$out/"
if ! [ -d "$out/node_modules/playwright-core" ]; then
    (cd "$out" && PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --silent --no-audit --no-fund --fetch-retries=1) || skip "playwright-core cannot be installed"
fi
CHROMIUM="$chromium" node "$out/report.mjs" "$out"
