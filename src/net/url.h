#pragma once

/// \file net/url.h
/// \brief Parts of URLs as bytes: percent-encoding, forms, and what an HTTP URL must be.
///
/// Source: RFC 3986, sections 2 and 3; RFC 9110, section 4.2.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace frazil {

/// \brief Names and values in their order; a name may be there more than once.
using UrlParameters = std::vector<std::pair<std::string, std::string>>;

/// \brief Every byte but letters, digits and "-._~" as %XX: fit for a path's segment, a query
/// and a form.
std::string PercentEncode(std::string_view text);

/// \brief The inverse.
/// \return kInvalidArgument for a % without two hexadecimal digits.
Result<std::string> PercentDecode(std::string_view text);

/// \brief "a=1&b=x%20y": a query without its question mark, or the body of a form.
std::string EncodeParameters(const UrlParameters& parameters);

/// \brief Checks that it begins with http:// or https:// and a host, and has neither a user
/// nor a password nor a fragment.
/// \return kInvalidConfig; without the URL where that may hold a password.
Status CheckHttpUrl(std::string_view url);

/// \brief The URL without query and fragment: what messages may show.
std::string_view WithoutQuery(std::string_view url);

}  // namespace frazil
