#!/usr/bin/env bash
# Installs tesseract and the models that inspection can use to read pictures, from Debian's packages. Needs root.
# Afterwards name the languages in kelisim.toml:
#   [inspection]
#   ocr_languages = ["kaz", "rus", "aze", "kir", "uzb", "tgk", "chi_sim", "ara", "eng"]
set -euo pipefail

models=(kaz rus aze kir uzb uzb-cyrl tgk chi-sim ara eng)
packages=(tesseract-ocr)
for model in "${models[@]}"; do
    packages+=("tesseract-ocr-$model")
done

if [[ $(id -u) -ne 0 ]]; then
    echo "run as root: it installs ${packages[*]}" >&2
    exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y --no-install-recommends "${packages[@]}"
tesseract --list-langs
