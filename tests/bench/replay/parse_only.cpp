// simdjson over the same bytes: parse only (each document's fields walked once by its own parser), and the whole job:
// by category and currency count, sum, min, max of the amount, and exact distinct ids.
#include <simdjson.h>
#include <zstd.h>
#include <cstdio>
#include <cstring>
#include <map>
#include <string>
#include <unordered_set>
#include <vector>

struct Group { uint64_t count = 0; int64_t sum = 0, min = INT64_MAX, max = INT64_MIN; };

static std::string inflate(const char *path) {
  FILE *f = fopen(path, "rb");
  std::vector<char> in;
  char piece[1 << 16];
  for (size_t got; (got = fread(piece, 1, sizeof piece, f)) > 0;) in.insert(in.end(), piece, piece + got);
  fclose(f);
  std::string out;
  ZSTD_DCtx *ctx = ZSTD_createDCtx();
  ZSTD_inBuffer src{in.data(), in.size(), 0};
  std::vector<char> room(1 << 20);
  while (src.pos < src.size) {
    ZSTD_outBuffer dst{room.data(), room.size(), 0};
    ZSTD_decompressStream(ctx, &dst, &src);
    out.append(room.data(), dst.pos);
  }
  ZSTD_freeDCtx(ctx);
  return out;
}

int main(int argc, char **argv) {
  bool whole = strcmp(argv[1], "whole") == 0;
  std::map<std::pair<std::string, std::string>, Group> groups;
  std::unordered_set<std::string> ids;
  uint64_t count = 0;
  for (int i = 2; i < argc; i++) {
    std::string text = inflate(argv[i]);
    text.reserve(text.size() + simdjson::SIMDJSON_PADDING);
    simdjson::ondemand::parser parser;
    simdjson::ondemand::document_stream docs;
    if (parser.iterate_many(text.data(), text.size(), 1 << 20).get(docs)) return 1;
    for (auto found : docs) {
      count++;
      if (!whole) {
        std::string_view json;
        if (simdjson::to_json_string(found).get(json)) return 1;
        continue;
      }
      std::string_view id, category, currency, amount;
      if (found["id"].get(id) || found["category"].get(category) || found["currency"].get(currency)) return 1;
      amount = found["amount"].raw_json_token();
      int64_t cents = 0;
      for (char c : amount) if (c >= '0' && c <= '9') cents = cents * 10 + (c - '0');
      Group &g = groups[{std::string(category), std::string(currency)}];
      g.count++; g.sum += cents;
      g.min = std::min(g.min, cents); g.max = std::max(g.max, cents);
      ids.emplace(id);
    }
  }
  printf("%llu %zu %zu\n", (unsigned long long)count, groups.size(), ids.size());
}
