#include "base/stage.h"

#include <pthread.h>

namespace frazil {

void NameThisThread(std::string_view name) {
  const std::string short_name(name.substr(0, 15));
  pthread_setname_np(pthread_self(), short_name.c_str());
}

}  // namespace frazil
