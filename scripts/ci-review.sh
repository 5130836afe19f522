#!/usr/bin/env bash
# Shows the reviews of a CI: in the run's summary, and as one comment for each
# environment on the pull request. What went wrong is shown in the same place,
# so that no older verdict is left standing.
#
#   ci-review.sh summary FOLDER ENVIRONMENT   print FOLDER/review.md
#   ci-review.sh comment                      write the comments, with gh
#
# comment needs PR_NUMBER, GH_REPO (owner/name) and a token for gh. ENVIRONMENTS
# are names, or a JSON list of them; by default those in plans/. COMMIT and
# RUN_URL are named in the comment. COMMENT_AUTHOR is whose comments are ours to
# change: github-actions[bot], unless another token is used.
set -euo pipefail
cd "$(dirname "$0")/.."

# failure FOLDER ENVIRONMENT says in a line why there is no review.
failure() {
	if [ -e "$1/plans.json" ]; then
		echo "No review of $2: the plans were made, and reviewing them failed. The log of \`make ci-review\` says why."
	else
		echo "No review of $2: the plan failed. The log of \`make ci-plan\` says why."
	fi
}

# body FOLDER ENVIRONMENT is the comment; its first line is the mark by which it
# is found again.
body() {
	if [ -s "$1/comment.md" ]; then
		cat "$1/comment.md"
	else
		printf '<!-- pgdr review %s -->\n## Plan review of %s: NONE\n\n' "$2" "$2"
		failure "$1" "$2"
	fi
	printf '\n<sub>Of commit `%s`.%s</sub>\n' "${COMMIT:-unknown}" "${RUN_URL:+ [The run]($RUN_URL).}"
}

# comment ENVIRONMENT writes its comment, in place of the one before.
comment() {
	local mark="<!-- pgdr review $1 -->" author="${COMMENT_AUTHOR:-github-actions[bot]}" file ids
	file=$(mktemp)
	body "plans/$1" "$1" >"$file"
	ids=$(gh api --paginate "repos/$GH_REPO/issues/$PR_NUMBER/comments?per_page=100" \
		--jq ".[] | select(.user.login == \"$author\" and (.body | startswith(\"$mark\"))) | .id")
	if [ -n "$ids" ]; then
		gh api --method PATCH "repos/$GH_REPO/issues/comments/${ids%%$'\n'*}" --field "body=@$file" --silent
	else
		gh api --method POST "repos/$GH_REPO/issues/$PR_NUMBER/comments" --field "body=@$file" --silent
	fi
	rm -f "$file"
}

comments() {
	: "${PR_NUMBER:?}" "${GH_REPO:?}"
	local environments environment
	environments=$(tr -s '[]", \n' ' ' <<<"${ENVIRONMENTS:-$(cd plans && ls)}")
	for environment in $environments; do
		if ! [[ $environment =~ ^[a-z][a-z0-9-]*$ ]]; then
			echo "ENVIRONMENTS: found \"$environment\", want names of environments" >&2
			exit 1
		fi
	done
	for environment in $environments; do
		comment "$environment"
	done
}

case "${1:-}" in
summary)
	if [ -s "$2/review.md" ]; then cat "$2/review.md"; else failure "$2" "$3"; fi
	;;
comment) comments ;;
*)
	echo 'usage: ci-review.sh summary FOLDER ENVIRONMENT, or ci-review.sh comment' >&2
	exit 1
	;;
esac
