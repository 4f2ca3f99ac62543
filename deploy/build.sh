# Building the image. Sourced after lib.sh and engine.sh.
# shellcheck shell=bash

# With BASES=official the digests of deploy/Dockerfile are pulled; otherwise stand-ins are made: dotnet, services.
prepare_bases() {
  base_arguments=()
  if [ "${BASES:-local}" = official ]; then
    RUNTIME_IMAGE=$(sed -n 's/^ARG RUNTIME_IMAGE=//p' "$root/deploy/Dockerfile")
    # A builder does not leave it behind, and its size is measured.
    docker pull --quiet "$RUNTIME_IMAGE" >/dev/null
    return
  fi
  "$root/deploy/images/local-bases" "$@"
  RUNTIME_IMAGE=$(sed -n 's/^ARG RUNTIME_IMAGE=\(.*\)@.*/\1/p' "$root/deploy/Dockerfile")
  base_arguments=(--network host --build-arg "RUNTIME_IMAGE=$RUNTIME_IMAGE"
    --build-arg "SDK_IMAGE=$(sed -n 's/^ARG SDK_IMAGE=\(.*\)@.*/\1/p' "$root/deploy/Dockerfile")")
}

# TAG, and options of docker build.
build_image() {
  say "Building $1 ..."
  docker build --file "$root/deploy/Dockerfile" "${base_arguments[@]}" --build-arg "VERSION=$version" --build-arg "COMMIT=$commit" \
    --build-arg "SOURCE_DATE_EPOCH=$commit_time" --tag "$1" "${@:2}" "$root" >"$work/build.log" 2>&1 || { tail -n 30 "$work/build.log" >&2; fail "the image could not be built"; }
}
