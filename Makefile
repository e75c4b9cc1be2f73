# The front door. Each command installs what it lacks, says so, and asks nothing.

MAKEFLAGS += --no-print-directory
.PHONY: help demo check bench tsan fuzz clean

help: ## list these commands
	@sed -n 's/^\([a-z]*\):.*## /make \1\t/p' Makefile | expand -t 14

demo: ## build the library and run examples-c/guide.c against a local stand-in for AWS
	@scripts/demo.sh

check: ## everything: format, lints, Rust tests, C tests, conformance, memory checkers
	@scripts/check.sh

bench: ## measure the library beside the other AWS SDKs, in one run, and print the ratios
	@scripts/bench.sh

tsan: ## what threads share, under ThreadSanitizer
	@scripts/tsan.sh

fuzz: ## five minutes of each fuzz target; FUZZ_SECONDS=60 make fuzz takes another time
	@scripts/fuzz.sh

clean: ## remove what was built; what was downloaded stays in .cache
	@rm -rf build target
