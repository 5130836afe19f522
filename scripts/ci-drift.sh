#!/usr/bin/env bash
# Keeps one issue on GitHub about drift: opens it where a run found some, writes
# it anew while there is some, and closes it when a run of every environment found
# none. An environment without a verdict is named, and never closes the issue.
#
# Needs GH_REPO (owner/name), ENVIRONMENTS (names, or a JSON list of them) and a
# token for gh. RUN_URL is named in the issue. ISSUE_AUTHOR is whose issue is ours
# to change: github-actions[bot], unless another token is used.
set -euo pipefail
cd "$(dirname "$0")/.."
: "${GH_REPO:?}" "${ENVIRONMENTS:?}"

mark='<!-- pgdr drift -->'
author=${ISSUE_AUTHOR:-github-actions[bot]}
longest=60000 # GitHub refuses a body of more than 65,536 characters

environments=$(tr -s '[]", \n' ' ' <<<"$ENVIRONMENTS")
for environment in $environments; do
	if ! [[ $environment =~ ^[a-z][a-z0-9-]*$ ]]; then
		echo "ENVIRONMENTS: found \"$environment\", want names of environments" >&2
		exit 1
	fi
done

body=$(mktemp)
trap 'rm -f "$body"' EXIT
found= unknown=
printf '%s\n' "$mark" >"$body"
for environment in $environments; do
	report=plans/$environment/drift
	if ! [ -s "$report.md" ] || ! [ -s "$report.json" ]; then
		unknown=yes
		printf '## Drift of %s: not known\n\nThe run came to no verdict. Its log says why.\n\n' "$environment" >>"$body"
		continue
	fi
	grep -q '"exit_code": 0,' "$report.json" || found=yes
	if [ $(($(wc -c <"$body") + $(wc -c <"$report.md"))) -gt $longest ]; then
		printf '## Drift of %s: too long for an issue\n\nSee drift.md among the artifacts of the run.\n\n' "$environment" >>"$body"
	else
		cat "$report.md" >>"$body"
		echo >>"$body"
	fi
done
printf '<sub>A run writes this issue anew each day, and closes it when nothing differs.%s</sub>\n' "${RUN_URL:+ [The last run]($RUN_URL).}" >>"$body"

issues=$(gh api --paginate "repos/$GH_REPO/issues?state=open&per_page=100" \
	--jq ".[] | select(.pull_request == null and .user.login == \"$author\" and ((.body // \"\") | startswith(\"$mark\"))) | .number")
issue=${issues%%$'\n'*}

if [ -n "$found" ] && [ -z "$issue" ]; then
	gh api --method POST "repos/$GH_REPO/issues" --raw-field "title=AWS differs from the configuration" --field "body=@$body" --silent
	echo "an issue was opened"
elif [ -n "$found" ] || { [ -n "$unknown" ] && [ -n "$issue" ]; }; then
	gh api --method PATCH "repos/$GH_REPO/issues/$issue" --field "body=@$body" --silent
	echo "issue $issue was written anew"
elif [ -n "$issue" ]; then
	gh api --method PATCH "repos/$GH_REPO/issues/$issue" --raw-field state=closed --field "body=@$body" --silent
	echo "issue $issue was closed: nothing differs"
else
	echo "nothing differs, and there is no issue"
fi
if [ -n "$unknown" ]; then
	echo "an environment has no verdict" >&2
	exit 1
fi
